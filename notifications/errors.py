"""Refusals of the notifications app."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import Kind, conflict, invalid, refusal

# The start or the end of the quiet hours is missing.
QuietHoursIncomplete = invalid(
    "quiet_hours_incomplete", _("Quiet hours need a beginning and an end."), _("Give both times, or neither.")
)
# The end of the mute has passed.
MuteOver = invalid(
    "mute_over",
    _("This time has passed. Choose a later one, or none."),
    _("Choose a later time, or mute it without an end."),
)
# The city has no LINE channel.
LineUnavailable = conflict(
    "line_unavailable",
    _("This city cannot be reached on LINE."),
    _("Let the app send you notifications, or choose the daily mail."),
)
# The city sends no mail.
EmailUnavailable = conflict(
    "email_unavailable", _("This city sends no e-mail."), _("Let the app send you notifications instead.")
)
# Another code was sent a moment ago.
CodeSentLately = refusal(
    Kind.RATE_LIMITED,
    "code_sent_lately",
    _("A code has been sent a moment ago. Wait a little before you ask for another."),
    _("Look into your mailbox, also among the spam, and wait a minute."),
)
# So many codes were sent within a day, for this account or to this address.
TooManyCodes = refusal(
    Kind.RATE_LIMITED,
    "too_many_codes",
    _("Too many codes have been sent today. Try again tomorrow."),
    _("Check the address for typing errors before you try again."),
)
# Not the code that was mailed, or one that is too old.
EmailCodeWrong = invalid(
    "email_code_wrong",
    _("This is not the code, or it is too old. Ask for a new one if you cannot find it."),
    _("Enter the six digits of the newest mail, or ask for a new code."),
)
# The daily mail needs a verified address.
NoEmailAddress = conflict(
    "no_email_address",
    _("First give an e-mail address and confirm it."),
    _("Add your e-mail address in the settings for notifications."),
)
