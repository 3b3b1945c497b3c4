"""The refusals of chat, each with its stable code."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import DomainError, Invalid, Kind


class ConversationClosed(DomainError):
    """The conversation is closed for writing; its participants can read it."""

    code = "conversation_closed"
    kind = Kind.CONFLICT
    message = _("This conversation is closed. You can still read it.")


class Blocked(DomainError):
    """One participant has blocked the other. The refusal does not show which one."""

    code = "blocked"
    kind = Kind.CONFLICT
    message = _("You cannot write to each other.")


class TextEmpty(Invalid):
    """The text has no visible character."""

    code = "text_empty"
    message = _("Write something first.")


class TextTooLong(Invalid):
    """The text has more than `MESSAGE_CHARACTERS_MAX` characters."""

    code = "text_too_long"
    message = _("A message has at most %(limit)s characters.")


class TextUnreadable(Invalid):
    """The text contains NUL, or surrogates, which UTF-8 cannot encode."""

    code = "text_unreadable"
    message = _("This text has characters that cannot be sent.")


class KindUnknown(Invalid):
    """Messages of this kind cannot be sent as JSON: photos are sent as a form, cards by the service alone."""

    code = "kind_unknown"
    message = _("Messages of this kind cannot be sent.")


class PhraseUnknown(Invalid):
    """No phrase of the catalogue has this code."""

    code = "phrase_unknown"
    message = _("We do not know this phrase. Please update the app.")


class PhraseParamsInvalid(Invalid):
    """A parameter of the phrase is missing or invalid."""

    code = "phrase_params_invalid"
    message = _("Something is missing in this phrase, or does not fit.")


class ClientIdReused(DomainError):
    """The `client_id` belongs to a message of another kind, so this is not a resend."""

    code = "client_id_reused"
    kind = Kind.UNPROCESSABLE
    message = _("This client_id was used for another message.")


class MessagePhotosFull(DomainError):
    """The user has sent `limit` photos to this conversation."""

    code = "message_photos_full"
    message = _("You can send %(limit)s photos to one conversation at most.")


class LocationInvalid(Invalid):
    """The location is missing, or shared for longer than `limit` minutes."""

    code = "location_invalid"
    message = _("Say where you are, and for how long: %(limit)s minutes at most.")


class ConsentMissing(Invalid):
    """A location is shared with the sender's consent only."""

    code = "consent_missing"
    message = _("Your location is shared only if you agree to it.")


class NotYourMessage(DomainError):
    """Only the author can delete a message. Nobody can delete those of the service."""

    code = "not_your_message"
    kind = Kind.FORBIDDEN
    message = _("Only your own messages can be deleted.")


class DeleteTooLate(DomainError):
    """The message was sent more than `minutes` ago."""

    code = "delete_too_late"
    kind = Kind.CONFLICT
    message = _("A message can be deleted for %(minutes)s minutes only.")


class FrameUnreadable(Invalid):
    code = "frame_unreadable"
    message = _("This is not JSON.")


class FrameInvalid(Invalid):
    """The type of the frame is unknown, or a field is missing or invalid."""

    code = "frame_invalid"
    message = _("This frame is not one of those we know.")


class TooManyFrames(DomainError):
    """The client sends more frames a second than allowed."""

    code = "rate_limited"
    kind = Kind.RATE_LIMITED
    message = _("Too many at once. Wait a moment.")


class Unavailable(DomainError):
    """The database does not respond."""

    code = "unavailable"
    kind = Kind.UNAVAILABLE
    message = _("The service is not available now. Try again soon.")
