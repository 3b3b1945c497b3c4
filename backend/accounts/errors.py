"""What accounts refuse, each with its stable code."""

from django.utils.translation import gettext_lazy as _

from backend.shared.errors import DomainError, Kind


class TicketsUnavailable(DomainError):
    """Redis does not answer, and tickets live nowhere else."""

    code = "realtime_unavailable"
    kind = Kind.UNAVAILABLE
    message = _("Live updates are not available now. Try again soon.")
