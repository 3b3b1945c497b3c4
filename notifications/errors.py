"""Refusals of the notifications app."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import Kind, conflict, invalid, refusal

# The start or the end of the quiet hours is missing.
QuietHoursIncomplete = invalid("quiet_hours_incomplete", _("Quiet hours need a beginning and an end."))
# The end of the mute has passed.
MuteOver = invalid("mute_over", _("This time has passed. Choose a later one, or none."))
# The city has no LINE channel.
LineUnavailable = conflict("line_unavailable", _("This city cannot be reached on LINE."))
# The city sends no mail.
EmailUnavailable = conflict("email_unavailable", _("This city sends no e-mail."))
# Another code was sent a moment ago.
CodeSentLately = refusal(
    Kind.RATE_LIMITED,
    "code_sent_lately",
    _("A code has been sent a moment ago. Wait a little before you ask for another."),
)
# So many codes were sent within a day, for this account or to this address.
TooManyCodes = refusal(
    Kind.RATE_LIMITED, "too_many_codes", _("Too many codes have been sent today. Try again tomorrow.")
)
# Not the code that was mailed, or one that is too old.
EmailCodeWrong = invalid(
    "email_code_wrong", _("This is not the code, or it is too old. Ask for a new one if you cannot find it.")
)
# The daily mail needs a verified address.
NoEmailAddress = conflict("no_email_address", _("First give an e-mail address and confirm it."))
