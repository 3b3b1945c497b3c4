"""Reliability, and the penalties for leaving others waiting: warning, pause, and its end."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.handover.services.arrivals import report_no_show
from geo.matching.services.matches import release_match
from geo.models import Handover, Match, Penalty
from geo.trust.selectors import reliability_of
from geo.trust.services import lift_pause, review_all, review_standing
from notifications.texts import text_of
from tests.factories.geo import make_pickup
from tests.factories.handovers import come, make_appointment
from tests.factories.matches import make_collecting_user, make_like, make_match, names_of_events, pushed_to, swipe
from tests.factories.people import client_of, make_user
from tests.geo.bodies import pickup_body

pytestmark = pytest.mark.django_db
# A Monday at noon in Bangkok.
MONDAY = datetime(2026, 11, 2, 5, tzinfo=UTC)


def stay_away(collector: User, at: datetime) -> Match:
    """The resident waits in vain for `collector`, and reports it."""
    match = come_alone(collector, at)
    report_no_show(user_id=match.pickup.resident_id, match_id=match.pk, now=at + timedelta(minutes=6))
    return match


def come_alone(collector: User, at: datetime) -> Match:
    """The resident is there at the agreed time, the collector is not."""
    match = make_appointment(at=at, now=at, collector=collector)
    return come(match, match.pickup.resident, now=at)


def judge(collector: User, days: Iterable[int]) -> list[str]:
    """The penalties after no-shows on `days` after a Monday, each reviewed an hour later."""
    kinds = []
    for day in days:
        at = MONDAY + timedelta(days=day)
        stay_away(collector, at)
        penalty = review_standing(user_id=collector.pk, now=at + timedelta(hours=1))
        kinds.append(penalty.kind if penalty else "")
    return kinds


class TestLadder:
    @pytest.mark.parametrize(
        ("days", "kinds"),
        [
            ([0], [""]),
            ([0, 1, 2, 3], ["", "", "", ""]),  # one bad week
            ([0, 7], ["", "warning"]),
            ([0, 7, 14], ["", "warning", "pause"]),
            ([0, 6, 7], ["", "", "warning"]),  # two of them in one week of the calendar
            ([0, 7, 40], ["", "warning", ""]),  # the first two are forgotten
        ],
    )
    def test_looks_at_a_pattern_over_weeks(self, days: list[int], kinds: list[str]) -> None:
        assert judge(make_collecting_user(), days) == kinds

    def test_counts_a_day_once(self) -> None:
        collector = make_collecting_user()
        for hours in (0, 1, 2):
            stay_away(collector, MONDAY + timedelta(hours=hours))

        assert judge(collector, [1]) == [""]

    def test_takes_days_by_the_citys_calendar(self) -> None:
        """Sunday 23:30 and Monday 00:30 in Bangkok are one evening, but two days of two weeks."""
        collector, midnight = make_collecting_user(), datetime(2026, 11, 8, 17, tzinfo=UTC)
        for minutes in (-30, 30):
            stay_away(collector, midnight + timedelta(minutes=minutes))

        penalty = review_standing(user_id=collector.pk, now=midnight + timedelta(hours=2))

        assert penalty
        assert (penalty.kind, penalty.strikes) == ("warning", 2)

    def test_warns_and_pauses_once_however_often_it_looks(self) -> None:
        collector = make_collecting_user()
        judge(collector, [0, 7, 14])
        now = MONDAY + timedelta(days=14, hours=2)

        assert [review_all(now=now) for _ in range(2)] == [0, 0]
        assert list(Penalty.objects.filter(user=collector).order_by("pk").values_list("kind", flat=True)) == [
            "warning",
            "pause",
        ]
        assert pushed_to(collector)[-1] == "standing.paused"
        assert "standing.warned" in names_of_events(collector)

    def test_begins_anew_after_a_pause(self) -> None:
        assert judge(make_collecting_user(), [0, 7, 14, 22, 29]) == ["", "warning", "pause", "", "warning"]

    def test_counts_the_party_who_left_and_not_the_one_who_waited(self) -> None:
        resident_alone = make_collecting_user()
        match = come_alone(resident_alone, MONDAY)
        release_match(user_id=resident_alone.pk, match_id=match.pk, reason="other", now=MONDAY + timedelta(minutes=1))

        match.refresh_from_db()
        assert match.left_waiting
        assert judge(resident_alone, [7]) == ["warning"]

    def test_is_the_same_for_residents(self) -> None:
        resident = make_user()
        for day in (0, 7):
            at = MONDAY + timedelta(days=day)
            match = make_appointment(at=at, now=at)
            match.pickup.resident = resident
            match.pickup.save(update_fields=["resident"])
            come(match, match.collector, now=at)
            report_no_show(user_id=match.collector_id, match_id=match.pk, now=at + timedelta(minutes=6))

        assert review_all(now=MONDAY + timedelta(days=7, hours=1)) == 1
        assert names_of_events(resident)[-1] == "standing.warned"


@pytest.fixture
def paused(db: None) -> User:
    """A collector who is paused for a week."""
    user = make_collecting_user()
    until = read_clock() + timedelta(days=7)
    User.objects.filter(pk=user.pk).update(paused_until=until)
    Penalty.objects.create(user=user, kind="pause", strikes=3, created_at=read_clock(), until=until)
    user.refresh_from_db()
    return user


class TestPause:
    def test_empties_the_deck_with_a_reason(self, paused: User) -> None:
        make_pickup()

        assert client_of(paused).get("/api/v1/deck").json() == {"cards": [], "reason": "paused"}

    @pytest.mark.parametrize("choose", ["first", "resident"])
    def test_refuses_a_like_and_lets_pass(self, paused: User, choose: str) -> None:
        path = f"/api/v1/pickups/{make_pickup(choose=choose).pk}/swipe"

        refused = client_of(paused).put(path, {"direction": "like"})

        assert (refused.status_code, refused.json()["code"]) == (403, "paused")
        assert "until" in refused.json()["detail"]
        assert client_of(paused).put(path, {"direction": "pass"}).status_code == 200

    def test_refuses_a_new_pickup(self, paused: User) -> None:
        refused = client_of(paused).post("/api/v1/pickups", pickup_body())

        assert (refused.status_code, refused.json()["code"]) == (403, "paused")

    def test_is_seen_in_me(self, paused: User) -> None:
        me = client_of(paused).get("/api/v1/me").json()

        assert datetime.fromisoformat(me["paused_until"]) == paused.paused_until

    def test_passes_over_runners_up_and_cannot_be_chosen(self, paused: User) -> None:
        User.objects.update(paused_until=None)
        pickup, chosen = make_pickup(), make_pickup(choose="resident")
        match = make_match(pickup)
        swipe(paused, pickup)
        like = make_like(chosen, paused)
        User.objects.filter(pk=paused.pk).update(paused_until=read_clock() + timedelta(days=7))

        release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())

        assert not Match.objects.filter(collector=paused).exists()
        refused = client_of(chosen.resident).post(f"/api/v1/pickups/{chosen.pk}/likes/{like.pk}/accept")
        assert (refused.status_code, refused.json()["code"]) == (409, "collector_at_limit")

    def test_ends_by_itself(self, paused: User) -> None:
        User.objects.update(paused_until=read_clock() - timedelta(seconds=1))

        assert swipe(paused, make_pickup()).match

    def test_leaves_what_was_agreed(self, paused: User) -> None:
        User.objects.update(paused_until=None)
        match = make_match(collector=paused)
        User.objects.filter(pk=paused.pk).update(paused_until=read_clock() + timedelta(days=7))

        assert client_of(paused).get(f"/api/v1/matches/{match.pk}").json()["status"] == "active"

    @pytest.mark.parametrize("locale", ["th", "en"])
    def test_is_notified_in_both_languages(self, locale: str) -> None:
        data = {"strikes": 3, "until": "2026-11-24T05:00:00Z"}

        text = text_of(event="standing.paused", data=data, locale=locale)

        assert "12:00" in text.body
        assert "3" in text.body


class TestLift:
    def test_is_lifted_in_the_admin(self, superuser: Client, paused: User) -> None:
        form = {"action": "lift", "_selected_action": [str(Penalty.objects.get().pk)]}
        assert superuser.post(reverse("admin:geo_penalty_changelist"), form).status_code == 302

        assert swipe(paused, make_pickup()).match
        assert pushed_to(paused)[0] == "standing.lifted"

    def test_happens_once(self, paused: User) -> None:
        penalty = Penalty.objects.get()

        assert [lift_pause(penalty_id=penalty.pk, now=read_clock()) for _ in range(2)] == [True, False]


class TestReliability:
    def test_counts_what_is_stored(self) -> None:
        collector, now = make_collecting_user(), read_clock().replace(microsecond=0)
        come(make_appointment(at=now, now=now, collector=collector), collector, now=now)
        late = make_appointment(at=now, now=now, collector=collector)
        come(late, collector, now=now + timedelta(minutes=16))
        Match.objects.update(status="completed", ended_at=now)
        soon = make_appointment(at=now + timedelta(minutes=59), now=now, collector=collector)
        release_match(user_id=collector.pk, match_id=soon.pk, reason="other", now=now)
        in_time = make_appointment(at=now + timedelta(minutes=61), now=now, collector=collector)
        release_match(user_id=collector.pk, match_id=in_time.pk, reason="other", now=now)
        stay_away(collector, now)

        shown = client_of(collector).get("/api/v1/me/reliability").json()

        assert {name: shown[name] for name in shown if name not in ("since", "summary")} == {
            "completed": 2,
            "arrived_in_time": 1,
            "arrived_late": 1,
            "released_late": 1,
            "no_shows": 1,
        }
        resident = Handover.objects.get(match=late).match.pickup.resident
        assert client_of(resident).get("/api/v1/me/reliability").json()["completed"] == 1

    def test_does_not_blame_who_came_and_waited(self) -> None:
        collector, now = make_collecting_user(), read_clock().replace(microsecond=0)
        match = make_appointment(at=now, now=now, collector=collector)
        come(match, collector, now=now)
        release_match(user_id=collector.pk, match_id=match.pk, reason="no_answer", now=now + timedelta(minutes=6))

        record = reliability_of(collector.pk, now=now + timedelta(minutes=6))

        assert (record.arrived_in_time, record.released_late) == (1, 0)

    def test_forgets_after_90_days(self) -> None:
        collector = make_collecting_user()
        stay_away(collector, read_clock() - timedelta(days=91))

        assert client_of(collector).get("/api/v1/me/reliability").json()["no_shows"] == 0
