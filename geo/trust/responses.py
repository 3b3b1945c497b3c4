"""The response body of a reliability record."""

from datetime import datetime
from typing import Annotated, Self

from django.conf import settings
from django.utils.translation import gettext as _
from msgspec import Meta

from backend.core.http.responses import ResponseBody
from geo.trust.selectors import Reliability


class ReliabilityOutput(ResponseBody):
    """Appointments in both roles, of the last 90 days, by what is stored of them."""

    since: datetime
    completed: Annotated[int, Meta(description="Handovers that both confirmed.")]
    arrived_in_time: Annotated[int, Meta(description="At the agreed time, give or take a quarter of an hour.")]
    arrived_late: int
    released_late: Annotated[
        int, Meta(description="Given back within the last hour without coming, or at the door without waiting.")
    ]
    no_shows: int
    summary: Annotated[
        str,
        Meta(description="The same in a sentence, in the reader's language.", extra_json_schema={"readOnly": True}),
    ]

    @classmethod
    def of(cls, record: Reliability) -> Self:
        return cls(
            since=record.since,
            completed=record.completed,
            arrived_in_time=record.arrived_in_time,
            arrived_late=record.arrived_late,
            released_late=record.released_late,
            no_shows=record.no_shows,
            summary=_summary_of(record),
        )


def _summary_of(record: Reliability) -> str:
    """Counts only: with few appointments a grade or a percentage would say more than is known."""
    if record == Reliability(since=record.since):
        return _("No appointments in the last %(days)d days.") % {"days": settings.RELIABILITY_DAYS}
    return _(
        "In the last %(days)d days: in time %(in_time)d, late %(late)d, called off late %(released)d, "
        "did not come %(no_shows)d."
    ) % {
        "days": settings.RELIABILITY_DAYS,
        "in_time": record.arrived_in_time,
        "late": record.arrived_late,
        "released": record.released_late,
        "no_shows": record.no_shows,
    }
