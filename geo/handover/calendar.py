"""The iCalendar file (RFC 5545) of a handover: one event that moves, and is cancelled with the match."""

import uuid
from datetime import UTC, datetime, timedelta
from functools import cache

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, Timezone, vText

from backend.core.clock import city_zone
from backend.core.text.characters import isolate
from geo.handover.selectors import Appointment
from geo.handover_errors import TimeNotAgreed
from geo.models import Match
from notifications.links import Link, url_of

PRODUCT = "-//Tinder for Trash//Handover//EN"


class PlainText(vText):
    """Text as people typed it. A `vText` takes a typed backslash and N for a line break."""

    def to_ical(self) -> bytes:
        """Escape it by RFC 5545, section 3.3.11."""
        text = str(self).replace("\\", r"\\").replace(";", r"\;").replace(",", r"\,")
        return r"\n".join(text.splitlines()).encode()


def calendar_of(appointment: Appointment, *, reader_id: uuid.UUID, now: datetime) -> bytes:
    """The agreed time of a match, in the city's zone, for one of its parties. Raises TimeNotAgreed.

    The place is in it while the match is active; for the resident always.
    """
    begins_at = appointment.agreed_for
    if begins_at is None:
        raise TimeNotAgreed
    is_off = appointment.status in (Match.Status.RELEASED, Match.Status.NO_SHOW)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if is_off else "PUBLISH")
    event = _event(appointment, begins_at, now, status="CANCELLED" if is_off else "CONFIRMED")
    if appointment.status == Match.Status.ACTIVE or reader_id == appointment.resident_id:
        event.add("location", PlainText(appointment.address or appointment.area))
        event.add("geo", (appointment.lat, appointment.lon))
    calendar.add_component(event)
    # Before the event that refers to them.
    calendar.subcomponents[:0] = [_timezone_of(tzid) for tzid in sorted(calendar.get_missing_tzids())]
    file: bytes = calendar.to_ical()
    return file


@cache
def _timezone_of(tzid: str) -> Timezone:
    """The component of a zone; computing its transitions takes 20 ms."""
    return Timezone.from_tzid(tzid)


def in_city_time(moment: datetime) -> datetime:
    """The moment in the city's zone; in UTC where the clock is set back and shows it twice."""
    local = moment.astimezone(city_zone())
    return moment.astimezone(UTC) if local.fold else local


def _event(appointment: Appointment, begins_at: datetime, now: datetime, *, status: str) -> Event:
    event = Event()
    event.add("uid", f"handover-{appointment.match_id}@tinder-for-trash")
    event.add("sequence", appointment.calendar_sequence)
    event.add("dtstamp", now)
    event.add("dtstart", in_city_time(begins_at))
    event.add("dtend", in_city_time(begins_at + timedelta(minutes=settings.HANDOVER_MINUTES)))
    event.add("status", status)
    event.add("url", url_of(Link.MATCH.format(match=appointment.match_id)))
    event.add("summary", PlainText(_("Handover: %(title)s") % {"title": isolate(appointment.title)}))
    return event
