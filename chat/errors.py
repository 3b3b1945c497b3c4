"""What chat refuses, each with its stable code."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import DomainError, Invalid, Kind


class ConversationClosed(DomainError):
    """Nobody writes there any more; everybody keeps reading."""

    code = "conversation_closed"
    kind = Kind.CONFLICT
    message = _("This conversation is closed. You can still read it.")


class Blocked(DomainError):
    """One of the two has blocked the other; which one is nobody's business."""

    code = "blocked"
    kind = Kind.CONFLICT
    message = _("You cannot write to each other.")


class TextEmpty(Invalid):
    """Nothing that could be seen is in the text."""

    code = "text_empty"
    message = _("Write something first.")


class TextTooLong(Invalid):
    """More than `MESSAGE_CHARACTERS_MAX` characters."""

    code = "text_too_long"
    message = _("A message has at most %(limit)s characters.")


class TextUnreadable(Invalid):
    """It holds NUL, or halves of characters that no encoding can carry."""

    code = "text_unreadable"
    message = _("This text has characters that cannot be sent.")


class KindUnknown(Invalid):
    """No kind that people send, or not through this door: photos come as a form, cards are the service's own."""

    code = "kind_unknown"
    message = _("Messages of this kind cannot be sent.")


class PhraseUnknown(Invalid):
    """No phrase of the catalogue has this code."""

    code = "phrase_unknown"
    message = _("We do not know this phrase. Please update the app.")


class PhraseParamsInvalid(Invalid):
    """A blank of the phrase is not filled, or with something that does not fit."""

    code = "phrase_params_invalid"
    message = _("Something is missing in this phrase, or does not fit.")


class ClientIdReused(DomainError):
    """The `client_id` came with a message of another kind before, so this is no resend of it."""

    code = "client_id_reused"
    kind = Kind.UNPROCESSABLE
    message = _("This client_id was used for another message.")


class MessagePhotosFull(DomainError):
    """One person has sent `limit` photos to one conversation."""

    code = "message_photos_full"
    message = _("You can send %(limit)s photos to one conversation at most.")


class LocationInvalid(Invalid):
    """The location is missing, or is to be shown for longer than `limit` minutes."""

    code = "location_invalid"
    message = _("Say where you are, and for how long: %(limit)s minutes at most.")


class ConsentMissing(Invalid):
    """Nobody's place is shown unless he says that it may be."""

    code = "consent_missing"
    message = _("Your location is shared only if you agree to it.")


class NotYourMessage(DomainError):
    """Only who wrote a message deletes it, and nobody deletes what the service wrote."""

    code = "not_your_message"
    kind = Kind.FORBIDDEN
    message = _("Only your own messages can be deleted.")


class DeleteTooLate(DomainError):
    """It was sent more than `minutes` ago."""

    code = "delete_too_late"
    kind = Kind.CONFLICT
    message = _("A message can be deleted for %(minutes)s minutes only.")


class FrameUnreadable(Invalid):
    """A frame that is not JSON."""

    code = "frame_unreadable"
    message = _("This is not JSON.")


class FrameInvalid(Invalid):
    """A frame of an unknown type, or with a field that is missing or wrong."""

    code = "frame_invalid"
    message = _("This frame is not one of those we know.")


class TooManyFrames(DomainError):
    """More frames a second than one person can mean."""

    code = "rate_limited"
    kind = Kind.RATE_LIMITED
    message = _("Too many at once. Wait a moment.")


class Unavailable(DomainError):
    """The database does not answer."""

    code = "unavailable"
    kind = Kind.UNAVAILABLE
    message = _("The service is not available now. Try again soon.")
