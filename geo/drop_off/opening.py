"""Opening hours as OpenStreetMap writes them, evaluated by opening-hours-py in the time zone of the city."""

from datetime import datetime, timedelta
from functools import lru_cache

from opening_hours import OpeningHours, validate

from backend.core.clock import city_zone


def is_readable(text: str) -> bool:
    """Whether the hours can be evaluated. Empty ones cannot."""
    return validate(text)


def is_open_at(text: str, moment: datetime) -> bool | None:
    """Whether it is open then; None where the hours are unknown. A public holiday counts as its day of the week."""
    hours = _hours_of(text)
    if hours is None or hours.is_unknown(moment.astimezone(city_zone())):
        return None
    return hours.is_open(moment.astimezone(city_zone()))


def next_change_after(text: str, moment: datetime) -> datetime | None:
    """When it opens or closes next, within a week; None where it does not, or nobody knows.

    The library's own search for the next change takes seconds for hours that never come.
    """
    hours = _hours_of(text)
    start = moment.astimezone(city_zone())
    end = start + timedelta(days=8)
    if hours is None or hours.is_unknown(start):
        return None
    _begin, change, *_state = next(iter(hours.intervals(start, end)))
    return change if change < end else None


@lru_cache(maxsize=4_096)
def _hours_of(text: str) -> OpeningHours | None:
    if not is_readable(text):
        return None
    return OpeningHours(text, timezone=city_zone())
