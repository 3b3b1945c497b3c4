"""The appointment as a calendar file: `GET /matches/{id}/handover/calendar`."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from backend.core.clock import read_clock
from geo.handover.calendar import calendar_of, in_city_time
from geo.handover.selectors import get_appointment_for
from geo.handover.services.appointments import agree_time, propose_time
from geo.handover.services.arrivals import report_no_show
from geo.matching.services.matches import release_match
from geo.models import Handover, Match, Pickup
from tests.factories.handovers import code_of, come, make_appointment
from tests.factories.matches import make_match
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def match() -> Match:
    """A match with an appointment tomorrow."""
    return make_appointment(at=read_clock().replace(microsecond=0) + timedelta(days=1), now=read_clock())


def fetch(client: APIClient, match: Match) -> Any:
    """Fetch the calendar file."""
    return client.get(f"/api/v1/matches/{match.pk}/handover/calendar")


def read(client: APIClient, match: Match) -> tuple[Any, Any]:
    """The calendar and its one appointment."""
    answer = fetch(client, match)
    assert answer.status_code == 200
    calendar: Any = Calendar.from_ical(answer.content)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


class TestAppointment:
    def test_is_in_the_zone_of_the_city_with_the_place(self, match: Match) -> None:
        calendar, event = read(client_of(match.collector), match)

        begins = event["DTSTART"].dt
        assert begins == match.handover.agreed_for
        assert begins.utcoffset() == timedelta(hours=7)
        assert event["DTSTART"].params["TZID"] == "Asia/Bangkok"
        assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Asia/Bangkok"]
        assert event["DTEND"].dt - begins == timedelta(minutes=30)
        assert str(event["LOCATION"]) == "99/1 Rama IV Road"
        assert (str(calendar["METHOD"]), str(event["STATUS"])) == ("PUBLISH", "CONFIRMED")
        assert "Bottles" in str(event["SUMMARY"])
        assert str(event["URL"]).endswith(f"/matches/{match.pk}")

    @pytest.mark.parametrize("text", [r"C:\New \N bottles", r"a\nb", r"50\, or so; \\N", "one\ntwo", "ขวด🩷", "end\\"])
    def test_shows_a_typed_backslash_as_it_is(self, match: Match, text: str) -> None:
        Pickup.objects.update(title=text, address=text)

        _, event = read(client_of(match.collector), match)

        assert str(event["SUMMARY"]) == f"Handover: {text}"
        assert str(event["LOCATION"]) == text

    def test_is_a_file_in_the_readers_language(self, match: Match) -> None:
        answer = fetch(client_of(make_thai(match)), match)

        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert "attachment" in answer.headers["Content-Disposition"]
        assert "นัดรับ" in answer.content.decode()

    def test_moves_when_another_time_is_agreed_and_not_before(self, match: Match) -> None:
        client = client_of(match.collector)
        _, first = read(client, match)
        later = first["DTSTART"].dt + timedelta(hours=1)
        propose_time(user_id=match.collector_id, match_id=match.pk, at=later, now=read_clock())
        _, meanwhile = read(client, match)
        agree_time(user_id=match.pickup.resident_id, match_id=match.pk, now=read_clock())

        _, second = read(client, match)

        assert first["UID"] == meanwhile["UID"] == second["UID"]
        assert (meanwhile["DTSTART"].dt, meanwhile["SEQUENCE"]) == (first["DTSTART"].dt, first["SEQUENCE"])
        assert second["DTSTART"].dt == later
        assert second["SEQUENCE"] > first["SEQUENCE"]

    def test_costs_few_queries(self, match: Match, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        client = client_of(match.collector)

        with django_assert_max_num_queries(10):
            fetch(client, match)


class TestCancelled:
    @pytest.mark.parametrize("end", ["release", "no_show"])
    def test_is_cancelled_with_the_match_without_the_place(self, end: str) -> None:
        match = make_appointment(at=read_clock() - timedelta(minutes=20))
        client = client_of(match.collector)
        _, before = read(client, match)
        if end == "release":
            release_match(user_id=match.collector_id, match_id=match.pk, reason="cannot_come", now=read_clock())
        else:
            come(match, match.pickup.resident, now=read_clock() - timedelta(minutes=20))
            report_no_show(user_id=match.pickup.resident_id, match_id=match.pk, now=read_clock())

        calendar, event = read(client, match)

        assert (str(calendar["METHOD"]), str(event["STATUS"])) == ("CANCEL", "CANCELLED")
        assert event["UID"] == before["UID"]
        assert event["SEQUENCE"] > before["SEQUENCE"]
        assert "LOCATION" not in event
        assert "GEO" not in event


class TestRefusals:
    def test_before_a_time_is_agreed(self) -> None:
        match = make_match()

        assert code_of(fetch(client_of(match.collector), match)) == (409, "time_not_agreed")


class TestDaylightSaving:
    @pytest.mark.parametrize("moment", ["2026-10-25T00:30:00", "2026-10-25T01:30:00", "2026-03-29T01:00:00"])
    def test_the_hour_is_unambiguous(self, match: Match, settings: Settings, moment: str) -> None:
        """02:30 twice on 25 October; none on 29 March."""
        settings.CITY_TIME_ZONE = "Europe/Berlin"
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        Handover.objects.filter(match=match).update(agreed_for=at)
        appointment = get_appointment_for(match_id=match.pk, user_id=match.collector_id)

        file = calendar_of(appointment, reader_id=match.collector_id, now=read_clock())

        calendar: Any = Calendar.from_ical(file)
        (event,) = calendar.walk("VEVENT")
        # As a calendar that ignores the fold reads it.
        assert event["DTSTART"].dt.replace(fold=0).astimezone(UTC) == at
        assert (event["DTEND"].dt.astimezone(UTC) - at) == timedelta(minutes=30)

    def test_the_first_of_two_hours_is_in_the_zone_and_the_second_in_utc(self, settings: Settings) -> None:
        settings.CITY_TIME_ZONE = "Europe/Berlin"
        first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))

        assert in_city_time(first).tzinfo == ZoneInfo("Europe/Berlin")
        assert in_city_time(second).tzinfo == UTC


def make_thai(match: Match) -> Any:
    """The resident, with Thai as the language."""
    resident = match.pickup.resident
    resident.locale = "th"
    resident.save(update_fields=["locale"])
    return resident
