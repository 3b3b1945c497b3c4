"""Refusals of the notifications app."""

from django.utils.translation import gettext_lazy as _

from backend.shared.errors import Invalid


class QuietHoursIncomplete(Invalid):
    """One end of the quiet hours is given without the other."""

    code = "quiet_hours_incomplete"
    message = _("Quiet hours need a beginning and an end.")
