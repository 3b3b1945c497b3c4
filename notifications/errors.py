"""Refusals of the notifications app."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import DomainError, Invalid, Kind


class QuietHoursIncomplete(Invalid):
    """The start or the end of the quiet hours is missing."""

    code = "quiet_hours_incomplete"
    message = _("Quiet hours need a beginning and an end.")


class MuteOver(Invalid):
    """The end of the mute has passed."""

    code = "mute_over"
    message = _("This time has passed. Choose a later one, or none.")


class LineUnavailable(DomainError):
    """The city has no LINE channel."""

    code = "line_unavailable"
    kind = Kind.CONFLICT
    message = _("This city cannot be reached on LINE.")


class EmailUnavailable(DomainError):
    """The city sends no mail."""

    code = "email_unavailable"
    kind = Kind.CONFLICT
    message = _("This city sends no e-mail.")


class CodeSentLately(DomainError):
    """Another code was sent a moment ago."""

    code = "code_sent_lately"
    kind = Kind.RATE_LIMITED
    message = _("A code has been sent a moment ago. Wait a little before you ask for another.")


class TooManyCodes(DomainError):
    """So many codes were sent within a day, for this account or to this address."""

    code = "too_many_codes"
    kind = Kind.RATE_LIMITED
    message = _("Too many codes have been sent today. Try again tomorrow.")


class EmailCodeWrong(Invalid):
    """Not the code that was mailed, or one that is too old."""

    code = "email_code_wrong"
    message = _("This is not the code, or it is too old. Ask for a new one if you cannot find it.")


class NoEmailAddress(DomainError):
    """The daily mail needs a verified address."""

    code = "no_email_address"
    kind = Kind.CONFLICT
    message = _("First give an e-mail address and confirm it.")
