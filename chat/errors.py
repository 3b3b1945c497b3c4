"""The refusals of chat, each with its stable code."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import Kind, conflict, forbidden, invalid, refusal

# The conversation is closed for writing; its participants can read it.
ConversationClosed = conflict(
    "conversation_closed",
    _("This conversation is closed. You can still read it."),
    _("To talk again, match on another pickup."),
)
# One participant has blocked the other. The refusal does not show which one.
Blocked = conflict(
    "blocked",
    _("You cannot write to each other."),
    _("If it was you who blocked, you can end it in your account under blocked people."),
)
# The text has no visible character.
TextEmpty = invalid("text_empty", _("Write something first."), _("Write a few words, or send a phrase or a photo."))
# The text has more than `MESSAGE_CHARACTERS_MAX` characters.
TextTooLong = invalid(
    "text_too_long",
    _("A message has at most %(limit)s characters."),
    _("Make it shorter, or send it in several messages."),
)
# The text contains NUL, or surrogates, which UTF-8 cannot encode.
TextUnreadable = invalid(
    "text_unreadable",
    _("This text has characters that cannot be sent."),
    _("Write the text again instead of pasting it."),
)
# Messages of this kind cannot be sent as JSON: photos are sent as a form, cards by the service alone.
KindUnknown = invalid(
    "kind_unknown",
    _("Messages of this kind cannot be sent."),
    _("Update the app. Developers: send photos as a form, and leave cards to the service."),
)
# No phrase of the catalogue has this code.
PhraseUnknown = invalid(
    "phrase_unknown",
    _("We do not know this phrase. Please update the app."),
    _("Update the app, or write the sentence yourself."),
)
# A parameter of the phrase is missing or invalid.
PhraseParamsInvalid = invalid(
    "phrase_params_invalid",
    _("Something is missing in this phrase, or does not fit."),
    _("Fill in the missing part, such as a time or a number."),
)
# The `client_id` belongs to a message of another kind, so this is not a resend.
ClientIdReused = refusal(
    Kind.UNPROCESSABLE,
    "client_id_reused",
    _("This client_id was used for another message."),
    _("Look whether the message has been sent. Developers: use a new UUID for each message."),
)
# The user has sent `limit` photos to this conversation.
MessagePhotosFull = conflict(
    "message_photos_full",
    _("You can send %(limit)s photos to one conversation at most."),
    _("Describe it in words instead."),
)
# The location is missing, or shared for longer than `limit` minutes.
LocationInvalid = invalid(
    "location_invalid",
    _("Say where you are, and for how long: %(limit)s minutes at most."),
    _("Let the app see your location, and choose for how long to share it."),
)
# A location is shared with the sender's consent only.
ConsentMissing = invalid(
    "consent_missing",
    _("Your location is shared only if you agree to it."),
    _("Agree when the app asks you, or describe the place in words."),
)
# Only the author can delete a message. Nobody can delete those of the service.
NotYourMessage = forbidden(
    "not_your_message",
    _("Only your own messages can be deleted."),
    _("If a message hurts you, report its author or block them."),
)
# The message was sent more than `minutes` ago.
DeleteTooLate = conflict(
    "delete_too_late",
    _("A message can be deleted for %(minutes)s minutes only."),
    _("Write to the other that it no longer holds."),
)
FrameUnreadable = invalid(
    "frame_unreadable", _("This is not JSON."), _("Update the app. Developers: every frame is one JSON object.")
)
# The type of the frame is unknown, or a field is missing or invalid.
FrameInvalid = invalid(
    "frame_invalid",
    _("This frame is not one of those we know."),
    _("Update the app. Developers: docs/asyncapi.yaml describes every frame."),
)
