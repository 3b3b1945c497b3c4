"""Refusals of the notifications app."""

from django.utils.translation import gettext_lazy as _

from backend.shared.errors import Invalid


class QuietHoursIncomplete(Invalid):
    """One end of the quiet hours is given without the other."""

    code = "quiet_hours_incomplete"
    message = _("Quiet hours need a beginning and an end.")


class MuteOver(Invalid):
    """A mute that would end before it begins."""

    code = "mute_over"
    message = _("This time has passed. Choose a later one, or none.")
