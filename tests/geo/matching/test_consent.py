"""Asking a runner-up who has waited long, before it becomes a match."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from backend.accounts.models import Block, User
from backend.core.clock import city_zone, read_clock
from geo.matching.services.expiry import expire_due_pickups
from geo.matching.services.likes import accept_like
from geo.matching.services.matches import cancel_pickup, pass_on_due_pickups, release_match
from geo.models import Match, Pickup, Swipe
from geo.privacy.services import leave
from geo.tasks import QUEUE, pass_on_pickups
from notifications.models import PeriodicRun, Preferences, Push
from tests.factories.geo import make_pickup
from tests.factories.matches import (
    events_of,
    make_collecting_user,
    make_like,
    make_match,
    names_of_events,
    pushed_to,
    swipe,
)
from tests.factories.notifications import deliver_to, make_device
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db
HOURS = timedelta(hours=1)
MINUTES = timedelta(minutes=1)
AWAKE = {"quiet_from": "00:00", "quiet_until": "00:00"}


def make_asked(**preferences: Any) -> tuple[Pickup, Swipe]:
    """A pickup whose match was released, and the like of a runner-up who waited three hours and must confirm."""
    now = read_clock()
    match = make_match()
    runner_up = make_collecting_user()
    Preferences.objects.create(user=runner_up, **(AWAKE | preferences))
    like = swipe(runner_up, match.pickup, now=now - 3 * HOURS).swipe
    release_match(user_id=match.collector_id, match_id=match.pk, reason="cannot_come", now=now)
    return Pickup.objects.select_related("resident").get(pk=match.pickup_id), Swipe.objects.get(pk=like.pk)


def send_swipe(collector: User, pickup: Pickup, method: str = "put", **body: str) -> Any:
    return getattr(client_of(collector), method)(f"/api/v1/pickups/{pickup.pk}/swipe", body or None)


def states(pickup: Pickup) -> list[str]:
    return list(Swipe.objects.filter(pickup=pickup).order_by("queue_number").values_list("like_state", flat=True))


class TestReleaseWithOldRunnerUp:
    def test_asks_instead_of_matching(self) -> None:
        pickup, like = make_asked()

        assert (like.like_state, pickup.status) == ("asked", "open")
        assert pickup.reserved_until is not None
        assert not Match.objects.filter(pickup=pickup, status="active").exists()
        name, data = events_of(like.collector)[-1]
        assert name == "like.asked"
        assert data == {
            "pickup": str(pickup.pk),
            "title": "Bottles",
            "answer_by": pickup.reserved_until.isoformat().replace("+00:00", "Z"),
        }
        assert pushed_to(like.collector) == ["like.asked"]

    def test_gives_half_an_hour(self) -> None:
        pickup, _ = make_asked()

        assert pickup.reserved_until
        assert 29 * MINUTES < pickup.reserved_until - read_clock() <= 30 * MINUTES

    def test_starts_the_half_hour_in_the_morning_after_quiet_hours(self) -> None:
        here = read_clock().astimezone(city_zone())
        ends = (here + 5 * HOURS).replace(microsecond=0)
        pickup, like = make_asked(quiet_from=(here - HOURS).time(), quiet_until=ends.time())

        assert pickup.reserved_until == ends + 30 * MINUTES
        make_device(like.collector)
        deliver_to(like.collector, pickup.reserved_until - 20 * MINUTES)
        assert [push.event.name for push in Push.objects.select_related("event")] == ["like.asked"]

    def test_does_not_ask_beyond_the_expiry(self) -> None:
        now = read_clock()
        match = make_match(make_pickup(expires_at=now + 5 * HOURS))
        swipe(make_collecting_user(), match.pickup, now=now)
        later = now + 5 * HOURS - 10 * MINUTES

        release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=later)

        assert Pickup.objects.get().reserved_until == now + 5 * HOURS

    def test_promotes_a_like_that_is_fresh(self) -> None:
        now = read_clock()
        match = make_match()
        like = swipe(make_collecting_user(), match.pickup, now=now - 2 * HOURS + MINUTES).swipe

        release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=now)

        assert Match.objects.get(status="active").collector_id == like.collector_id


class TestReservedPickup:
    def test_is_in_no_deck(self) -> None:
        make_asked()

        deck = client_of(make_collecting_user()).get("/api/v1/deck").json()

        assert deck["cards"] == []

    def test_lets_a_new_like_wait(self) -> None:
        pickup, _ = make_asked()

        answer = send_swipe(make_collecting_user(), pickup, direction="like")

        assert (answer.status_code, answer.json()["match"], answer.json()["queue_position"]) == (200, None, 2)

    def test_shows_until_when_to_its_resident(self) -> None:
        pickup, like = make_asked()
        phone = client_of(pickup.resident)

        assert phone.get(f"/api/v1/pickups/{pickup.pk}").json()["reserved_until"]
        (shown,) = phone.get(f"/api/v1/pickups/{pickup.pk}/likes").json()["results"]
        assert (shown["id"], shown["state"]) == (str(like.pk), "asked")

    def test_cannot_be_given_to_another_meanwhile(self) -> None:
        pickup, _ = make_asked()
        other = make_like(pickup)

        answer: Any = client_of(pickup.resident).post(f"/api/v1/pickups/{pickup.pk}/likes/{other.pk}/accept")

        assert (answer.status_code, answer.json()["code"]) == (409, "pickup_reserved")
        assert states(pickup) == ["released", "asked", "waiting"]

    def test_can_be_amended(self) -> None:
        pickup, like = make_asked()

        client_of(pickup.resident).patch(f"/api/v1/pickups/{pickup.pk}", {"title": "Cans"})

        assert names_of_events(like.collector)[-1] == "pickup.amended"

    def test_is_cancelled_with_a_notice_to_the_asked_collector(self) -> None:
        pickup, like = make_asked()

        cancel_pickup(resident_id=pickup.resident_id, pickup_id=pickup.pk, now=read_clock())

        pickup.refresh_from_db()
        assert (pickup.status, pickup.reserved_until) == ("cancelled", None)
        assert names_of_events(like.collector)[-1] == "pickup.closed"
        assert states(pickup) == ["released", "closed"]

    def test_expires_like_any_other(self) -> None:
        pickup, like = make_asked()

        expire_due_pickups(now=pickup.expires_at)

        pickup.refresh_from_db()
        assert (pickup.status, pickup.reserved_until) == ("expired", None)
        assert names_of_events(like.collector)[-1] == "pickup.closed"


class TestYes:
    def test_is_a_like_again(self) -> None:
        pickup, like = make_asked()

        answer = send_swipe(like.collector, pickup, direction="like")

        assert answer.status_code == 200
        assert answer.json()["match"]["id"] == str(Match.objects.get(status="active").pk)
        pickup.refresh_from_db()
        assert (pickup.status, pickup.reserved_until) == ("matched", None)
        assert names_of_events(pickup.resident)[-1] == "match.made"

    def test_a_second_like_returns_the_same_match(self) -> None:
        pickup, like = make_asked()

        answers = [send_swipe(like.collector, pickup, direction="like").json() for _ in range(2)]

        assert answers[0] == answers[1]
        assert Match.objects.filter(status="active").count() == 1

    def test_counts_at_the_last_moment(self) -> None:
        pickup, like = make_asked()
        assert pickup.reserved_until

        assert swipe(like.collector, pickup, now=pickup.reserved_until + MINUTES).match

    def test_is_refused_to_one_with_no_room(self, settings: Any) -> None:
        pickup, like = make_asked()
        settings.MATCHES_ACTIVE_MAX = 0

        answer = send_swipe(like.collector, pickup, direction="like")

        assert (answer.status_code, answer.json()["code"]) == (409, "too_many_matches")
        assert states(pickup) == ["released", "asked"]

    def test_a_like_of_another_collector_is_no_answer(self) -> None:
        pickup, _ = make_asked()

        send_swipe(make_collecting_user(), pickup, direction="like")

        assert "asked" in states(pickup)


class TestNo:
    @pytest.mark.parametrize("how", ["delete", "pass"])
    def test_opens_the_pickup_where_nobody_else_waits(self, how: str) -> None:
        pickup, like = make_asked()

        answer = (
            send_swipe(like.collector, pickup, "delete")
            if how == "delete"
            else send_swipe(like.collector, pickup, direction="pass", reason="wrong_time")
        )

        assert answer.status_code in {200, 204}
        pickup.refresh_from_db()
        assert (pickup.status, pickup.reserved_until) == ("open", None)

    def test_asks_the_next_who_waited_long(self) -> None:
        pickup, like = make_asked()
        second = make_like(pickup)
        Swipe.objects.filter(pk=second.pk).update(swiped_at=read_clock() - 3 * HOURS)

        send_swipe(like.collector, pickup, "delete")

        assert Swipe.objects.get(pk=second.pk).like_state == "asked"
        assert names_of_events(second.collector) == ["like.asked"]

    def test_promotes_the_next_who_came_lately(self) -> None:
        pickup, like = make_asked()
        second = make_like(pickup)

        send_swipe(like.collector, pickup, "delete")

        assert Match.objects.get(status="active").collector_id == second.collector_id

    def test_may_come_from_the_resident(self) -> None:
        pickup, like = make_asked()
        second = make_like(pickup)

        client_of(pickup.resident).post(f"/api/v1/pickups/{pickup.pk}/likes/{like.pk}/decline")

        assert names_of_events(like.collector)[-1] == "like.declined"
        assert Match.objects.get(status="active").collector_id == second.collector_id


class TestNoAnswer:
    def test_changes_nothing_before_the_time(self) -> None:
        pickup, _ = make_asked()

        assert pass_on_due_pickups(now=read_clock() + 29 * MINUTES) == 0
        assert states(pickup) == ["released", "asked"]

    def test_lets_the_like_lapse_and_opens_the_pickup(self) -> None:
        pickup, like = make_asked()

        assert pass_on_due_pickups(now=read_clock() + 31 * MINUTES) == 1

        pickup.refresh_from_db()
        assert (pickup.status, pickup.reserved_until) == ("open", None)
        assert states(pickup) == ["released", "lapsed"]
        assert events_of(like.collector)[-1][1]["reason"] == "no_answer"

    def test_asks_the_next_runner_up(self) -> None:
        pickup, _ = make_asked()
        second = make_like(pickup)

        pass_on_due_pickups(now=read_clock() + 31 * MINUTES)

        match = Match.objects.get(status="active")
        assert match.collector_id == second.collector_id
        assert "match.made" in pushed_to(second.collector)
        assert "match.made" in pushed_to(pickup.resident)

    def test_does_it_once(self) -> None:
        make_asked()

        assert [pass_on_due_pickups(now=read_clock() + 31 * MINUTES) for _ in range(2)] == [1, 0]

    def test_allows_a_new_like(self) -> None:
        pickup, like = make_asked()
        pass_on_due_pickups(now=read_clock() + 31 * MINUTES)

        assert swipe(like.collector, pickup).match
        assert Swipe.objects.get(pk=like.pk).queue_number == 3

    def test_is_done_by_the_periodic_task(self) -> None:
        pickup, _ = make_asked()
        Pickup.objects.filter(pk=pickup.pk).update(reserved_until=read_clock() - MINUTES)

        pass_on_pickups(timestamp=0)

        assert states(pickup) == ["released", "lapsed"]
        assert PeriodicRun.objects.filter(name=QUEUE).exists()


class TestStanding:
    def test_shows_the_asked_state_and_the_deadline(self) -> None:
        pickup, like = make_asked()
        assert pickup.reserved_until

        answer = send_swipe(like.collector, pickup, "get")

        assert answer.status_code == 200
        assert answer.json() == {
            "direction": "like",
            "state": "asked",
            "queue_position": 1,
            "answer_by": pickup.reserved_until.isoformat().replace("+00:00", "Z"),
            "title": "Bottles",
            "swiped_at": like.swiped_at.isoformat().replace("+00:00", "Z"),
        }

    def test_shows_the_queue_position(self) -> None:
        pickup, _ = make_asked()
        second = make_like(pickup)

        shown = send_swipe(second.collector, pickup, "get").json()

        assert (shown["state"], shown["queue_position"], shown["answer_by"]) == ("waiting", 2, None)

    def test_shows_a_pass(self) -> None:
        collector, pickup = make_collecting_user(), make_pickup()
        swipe(collector, pickup, "pass")

        shown = send_swipe(collector, pickup, "get").json()

        assert (shown["direction"], shown["state"], shown["queue_position"]) == ("pass", "", None)

    def test_is_not_found_after_a_block(self) -> None:
        pickup, like = make_asked()
        Block.objects.create(blocker=pickup.resident, blocked=like.collector, created_at=read_clock())

        assert send_swipe(like.collector, pickup, "get").status_code == 404

    @pytest.mark.parametrize("others", [0, 9])
    def test_costs_the_same_however_many_wait(
        self, others: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        pickup, like = make_asked()
        for _ in range(others):
            make_like(pickup)
        phone = client_of(like.collector)

        with django_assert_num_queries(3):
            phone.get(f"/api/v1/pickups/{pickup.pk}/swipe")


class TestLeaving:
    def test_while_asked_makes_way_for_the_next(self) -> None:
        pickup, like = make_asked()
        second = make_like(pickup)

        leave(user=like.collector, now=read_clock())

        assert Match.objects.get(status="active").collector_id == second.collector_id
        assert states(pickup) == ["released", "matched"]


class TestReopening:
    def test_is_notified_to_collectors_who_wait_for_the_residents_choice(self) -> None:
        pickup = make_pickup(choose="resident")
        first, second = make_like(pickup), make_like(pickup)
        match = accept_like(resident_id=pickup.resident_id, pickup_id=pickup.pk, like_id=first.pk, now=read_clock())

        release_match(user_id=first.collector_id, match_id=match.pk, reason="other", now=read_clock())

        assert events_of(second.collector) == [("pickup.reopened", {"pickup": str(pickup.pk), "title": "Bottles"})]
