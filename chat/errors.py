"""The refusals of chat, each with its stable code."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import Kind, conflict, forbidden, invalid, refusal

# The conversation is closed for writing; its participants can read it.
ConversationClosed = conflict("conversation_closed", _("This conversation is closed. You can still read it."))
# One participant has blocked the other. The refusal does not show which one.
Blocked = conflict("blocked", _("You cannot write to each other."))
# The text has no visible character.
TextEmpty = invalid("text_empty", _("Write something first."))
# The text has more than `MESSAGE_CHARACTERS_MAX` characters.
TextTooLong = invalid("text_too_long", _("A message has at most %(limit)s characters."))
# The text contains NUL, or surrogates, which UTF-8 cannot encode.
TextUnreadable = invalid("text_unreadable", _("This text has characters that cannot be sent."))
# Messages of this kind cannot be sent as JSON: photos are sent as a form, cards by the service alone.
KindUnknown = invalid("kind_unknown", _("Messages of this kind cannot be sent."))
# No phrase of the catalogue has this code.
PhraseUnknown = invalid("phrase_unknown", _("We do not know this phrase. Please update the app."))
# A parameter of the phrase is missing or invalid.
PhraseParamsInvalid = invalid("phrase_params_invalid", _("Something is missing in this phrase, or does not fit."))
# The `client_id` belongs to a message of another kind, so this is not a resend.
ClientIdReused = refusal(Kind.UNPROCESSABLE, "client_id_reused", _("This client_id was used for another message."))
# The user has sent `limit` photos to this conversation.
MessagePhotosFull = conflict("message_photos_full", _("You can send %(limit)s photos to one conversation at most."))
# The location is missing, or shared for longer than `limit` minutes.
LocationInvalid = invalid("location_invalid", _("Say where you are, and for how long: %(limit)s minutes at most."))
# A location is shared with the sender's consent only.
ConsentMissing = invalid("consent_missing", _("Your location is shared only if you agree to it."))
# Only the author can delete a message. Nobody can delete those of the service.
NotYourMessage = forbidden("not_your_message", _("Only your own messages can be deleted."))
# The message was sent more than `minutes` ago.
DeleteTooLate = conflict("delete_too_late", _("A message can be deleted for %(minutes)s minutes only."))
FrameUnreadable = invalid("frame_unreadable", _("This is not JSON."))
# The type of the frame is unknown, or a field is missing or invalid.
FrameInvalid = invalid("frame_invalid", _("This frame is not one of those we know."))
# The client sends more frames a second than allowed.
TooManyFrames = refusal(Kind.RATE_LIMITED, "rate_limited", _("Too many at once. Wait a moment."))
# The database does not respond.
Unavailable = refusal(Kind.UNAVAILABLE, "unavailable", _("The service is not available now. Try again soon."))
