"""Reminding both of an agreed time: the evening before and an hour before, once, by the city's clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings

from backend.core.clock import read_clock
from geo.handover.services.appointments import agree_time, propose_time, reminder_times, send_due_reminders
from geo.matching.services.matches import cancel_pickup, release_match
from geo.models import Match, Reminder
from geo.tasks import REMIND, remind
from notifications.models import PeriodicRun
from tests.factories.geo import make_pickup
from tests.factories.matches import events_of, make_match, names_of_events, pushed_to, weigh

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
# 10:00 in Bangkok, on the second of December.
AT = datetime(2026, 12, 2, 3, 0, tzinfo=UTC)
EVENING = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
MADE = AT - timedelta(days=2)


@pytest.fixture
def match() -> Match:
    """Agreed two days before."""
    return appointment(AT, MADE)


def appointment(at: datetime, made: datetime) -> Match:
    """A match whose time was agreed on at `made`."""
    match = make_match(make_pickup(now=made, window_from=made, window_until=at + 6 * HOUR, expires_at=at + 24 * HOUR))
    agree(match, at, made)
    return match


def agree(match: Match, at: datetime, now: datetime) -> None:
    """On another time."""
    propose_time(user_id=match.collector_id, match_id=match.pk, at=at, now=now)
    agree_time(user_id=match.pickup.resident_id, match_id=match.pk, now=now)


def due_times() -> list[datetime]:
    """The open reminders before the appointment, in order."""
    return list(
        Reminder.objects.filter(done_at=None)
        .exclude(kind=Reminder.Kind.CHECK_IN)
        .order_by("due_at")
        .values_list("due_at", flat=True)
    )


def reminded(match: Match) -> int:
    """How often each party was reminded."""
    counts = {names_of_events(one).count("handover.reminder") for one in (match.collector, match.pickup.resident)}
    assert len(counts) == 1
    return counts.pop()


class TestPlan:
    def test_is_the_evening_before_and_an_hour_before(self, match: Match) -> None:
        assert due_times() == [EVENING, AT - HOUR]

    def test_leaves_out_what_has_passed(self) -> None:
        appointment(AT, EVENING + timedelta(minutes=1))
        assert due_times() == [AT - HOUR]

        appointment(AT, AT - HOUR / 2)
        assert due_times() == [AT - HOUR]

    def test_is_made_anew_when_the_time_changes_and_not_before(self, match: Match) -> None:
        later = AT + 3 * HOUR
        propose_time(user_id=match.collector_id, match_id=match.pk, at=later, now=MADE)
        assert due_times() == [EVENING, AT - HOUR]

        agree_time(user_id=match.pickup.resident_id, match_id=match.pk, now=MADE)

        assert due_times() == [EVENING, later - HOUR]

    @pytest.mark.parametrize("end", ["release", "cancel"])
    def test_goes_with_the_match(self, match: Match, end: str) -> None:
        if end == "release":
            release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=MADE)
        else:
            cancel_pickup(resident_id=match.pickup.resident_id, pickup_id=match.pickup_id, now=MADE)

        assert due_times() == []
        assert send_due_reminders(now=AT) == 0


class TestRemind:
    def test_tells_and_pushes_both(self, match: Match) -> None:
        send_due_reminders(now=EVENING)

        name, data = events_of(match.collector)[-1]
        assert (name, data["at"], data["when"]) == ("handover.reminder", "2026-12-02T03:00:00Z", "evening")
        for person in (match.collector, match.pickup.resident):
            assert pushed_to(person)[-1] == "handover.reminder"

    def test_does_each_once(self, match: Match) -> None:
        for _ in range(3):
            send_due_reminders(now=EVENING)
        assert reminded(match) == 1

        for _ in range(3):
            send_due_reminders(now=AT - HOUR)
        assert reminded(match) == 2

    def test_does_not_say_it_again_of_a_time_that_was_left_and_taken_again(self, match: Match) -> None:
        send_due_reminders(now=EVENING)
        agree(match, AT + HOUR, EVENING)
        agree(match, AT, EVENING)

        send_due_reminders(now=EVENING + HOUR)

        assert reminded(match) == 1

    def test_is_not_early(self, match: Match) -> None:
        assert send_due_reminders(now=EVENING - timedelta(seconds=1)) == 0

    def test_says_one_thing_after_an_outage_and_nothing_once_it_is_too_late(self, match: Match) -> None:
        second = appointment(AT, MADE)
        send_due_reminders(now=AT - HOUR / 2)
        assert reminded(match) == 1

        agree(second, AT + HOUR, AT - HOUR / 2)
        Reminder.objects.update(done_at=None)
        send_due_reminders(now=AT + 2 * HOUR)

        assert reminded(second) == 1
        assert due_times() == []

    @pytest.mark.parametrize("status", ["active", "completed"])
    def test_keeps_silent_once_they_have_met(self, match: Match, status: str) -> None:
        weigh(match)
        Match.objects.update(status=status)

        send_due_reminders(now=EVENING)

        assert reminded(match) == 0

    def test_is_done_every_minute(self, match: Match) -> None:
        Reminder.objects.update(due_at=read_clock())

        remind(timestamp=0)

        assert PeriodicRun.objects.filter(name=REMIND).exists()
        assert due_times() == []


def in_zone(text: str, zone: str, fold: int = 0) -> datetime:
    """What a clock there shows, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


class TestCityTime:
    @pytest.mark.parametrize(
        ("zone", "at", "evening"),
        [
            # Half past midnight: the evening before is the same night, and in UTC the same day.
            ("Asia/Bangkok", "2026-12-02T00:30", "2026-12-01T19:00"),
            ("Asia/Bangkok", "2026-12-01T23:59", "2026-11-30T19:00"),
            # Month and year ends, while UTC is in the old year.
            ("Asia/Bangkok", "2027-01-01T06:00", "2026-12-31T19:00"),
            ("Asia/Bangkok", "2028-03-01T09:00", "2028-02-29T19:00"),
            # The clock changes in between; the reminder stays at seven.
            ("Europe/Berlin", "2026-03-29T10:00", "2026-03-28T19:00"),
            ("Europe/Berlin", "2026-10-25T10:00", "2026-10-24T19:00"),
        ],
    )
    def test_the_evening_before_is_the_citys(self, settings: Settings, zone: str, at: str, evening: str) -> None:
        settings.CITY_TIME_ZONE = zone

        moments = dict(reminder_times(in_zone(at, zone)))

        assert moments[Reminder.Kind.EVENING].astimezone(UTC) == in_zone(evening, zone)
        assert in_zone(at, zone) - moments[Reminder.Kind.HOUR] == HOUR

    def test_an_hour_before_is_an_hour_though_the_clock_goes_back(self, settings: Settings) -> None:
        settings.CITY_TIME_ZONE = "Europe/Berlin"
        second = in_zone("2026-10-25T02:30", "Europe/Berlin", fold=1)

        moments = dict(reminder_times(second))

        assert moments[Reminder.Kind.HOUR].astimezone(UTC) == in_zone("2026-10-25T02:30", "Europe/Berlin", fold=0)

    def test_an_evening_that_does_not_exist_is_the_hour_after(self, settings: Settings) -> None:
        settings.CITY_TIME_ZONE, settings.REMINDER_EVENING = "Europe/Berlin", "02:30"

        moments = dict(reminder_times(in_zone("2026-03-30T10:00", "Europe/Berlin")))

        assert moments[Reminder.Kind.EVENING].astimezone(UTC) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)

    def test_an_evening_that_comes_twice_is_the_first(self, settings: Settings) -> None:
        settings.CITY_TIME_ZONE, settings.REMINDER_EVENING = "Europe/Berlin", "02:30"

        moments = dict(reminder_times(in_zone("2026-10-26T10:00", "Europe/Berlin")))

        assert moments[Reminder.Kind.EVENING].astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
