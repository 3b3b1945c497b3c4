"""A handover as a calendar has it (RFC 5545): one appointment that moves, and is cancelled when nobody comes."""

import uuid
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vText

from backend.core.clock import city_zone
from backend.core.text.characters import isolate
from geo.handover_errors import TimeNotAgreed
from geo.models import Match

PRODUCT = "-//Tinder for Trash//Handover//EN"


class PlainText(vText):
    """Text as people typed it. A `vText` takes a typed backslash and N for a line break."""

    def to_ical(self) -> bytes:
        """Escape it by RFC 5545, section 3.3.11."""
        text = str(self).replace("\\", r"\\").replace(";", r"\;").replace(",", r"\,")
        return r"\n".join(text.splitlines()).encode()


def calendar_of(match: Match, *, reader_id: uuid.UUID, now: datetime) -> bytes:
    """The agreed time of a match, in the city's zone, for one of its two. Raises TimeNotAgreed.

    The place is in it while the match goes on, and for the resident, whose place it is, for ever.
    """
    begins_at = match.handover.agreed_for
    if begins_at is None:
        raise TimeNotAgreed
    is_off = match.status in (Match.Status.RELEASED, Match.Status.NO_SHOW)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if is_off else "PUBLISH")
    event = _event(match, begins_at, now, status="CANCELLED" if is_off else "CONFIRMED")
    if match.status == Match.Status.ACTIVE or reader_id == match.pickup.resident_id:
        event.add("location", PlainText(match.pickup.address or match.pickup.area))
        event.add("geo", (match.pickup.location.y, match.pickup.location.x))
    calendar.add_component(event)
    calendar.add_missing_timezones()
    file: bytes = calendar.to_ical()
    return file


def in_city_time(moment: datetime) -> datetime:
    """The moment in the city's zone; in UTC where the clock shows it a second time, which no calendar could tell."""
    local = moment.astimezone(city_zone())
    return moment.astimezone(UTC) if local.fold else local


def _event(match: Match, begins_at: datetime, now: datetime, *, status: str) -> Event:
    event = Event()
    event.add("uid", f"handover-{match.pk}@tinder-for-trash")
    event.add("sequence", match.handover.calendar_sequence)
    event.add("dtstamp", now)
    event.add("dtstart", in_city_time(begins_at))
    event.add("dtend", in_city_time(begins_at + timedelta(minutes=settings.HANDOVER_MINUTES)))
    event.add("status", status)
    event.add("summary", PlainText(_("Handover: %(title)s") % {"title": isolate(match.pickup.title)}))
    return event
