"""Suspending somebody, and lifting it."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from backend.accounts.models import User
from backend.core.clock import read_clock
from backend.moderation.models import Case
from geo.matching.services.matches import release_match
from geo.models import Match, Pickup, Swipe
from geo.privacy.agreements import settle_suspensions
from geo.trust.selectors import reliability_of
from tests.factories.geo import make_pickup
from tests.factories.handovers import fresh, make_waiting
from tests.factories.matches import make_collecting_user, make_like, make_match, names_of_events, pushed_to
from tests.factories.moderation import decide, make_case
from tests.factories.people import client_of, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("erasure_at_once")]


def suspend(user: User) -> None:
    decide(make_case(user), "suspend", days=3)


def lift(user: User) -> None:
    decide(Case.objects.get(person=user), "restore")


def cards_of(collector: User) -> list[str]:
    return [card["id"] for card in client_of(collector).get("/api/v1/deck").json()["cards"]]


class TestTheirPickups:
    def test_leave_the_decks_and_cannot_be_liked(self) -> None:
        pickup, collector = make_pickup(), make_collecting_user()
        assert cards_of(collector) == [str(pickup.pk)]

        suspend(pickup.resident)

        assert cards_of(collector) == []
        answer = client_of(collector).put(f"/api/v1/pickups/{pickup.pk}/swipe", {"direction": "like"})
        assert (answer.status_code, answer.json()["code"]) == (409, "pickup_closed")

    def test_come_back_when_it_is_lifted(self) -> None:
        pickup, collector = make_pickup(), make_collecting_user()

        suspend(pickup.resident)
        lift(pickup.resident)

        assert cards_of(collector) == [str(pickup.pk)]
        assert Pickup.objects.get().status == "open"

    def test_expire_when_their_time_ended_meanwhile(self) -> None:
        pickup = make_pickup()

        suspend(pickup.resident)
        Pickup.objects.update(expires_at=read_clock() - timedelta(hours=1))
        lift(pickup.resident)

        assert Pickup.objects.get().status == "expired"

    def test_the_queue_is_notified_and_comes_back(self) -> None:
        pickup = make_pickup(choose="resident")
        like = make_like(pickup)

        suspend(pickup.resident)
        assert names_of_events(like.collector)[-1] == "pickup.closed"
        lift(pickup.resident)

        assert Swipe.objects.get().like_state == "waiting"
        assert names_of_events(like.collector)[-1] == "pickup.reopened"

    def test_are_cancelled_with_the_account(self) -> None:
        pickup = make_pickup()
        suspend(pickup.resident)

        assert client_of(pickup.resident).delete("/api/v1/me").status_code == 204

        assert Pickup.objects.get().status == "cancelled"


class TestTheirMatches:
    def test_a_residents_match_ends_and_the_collector_is_notified(self) -> None:
        match = make_waiting()

        suspend(match.pickup.resident)

        assert fresh(match).status == "released"
        assert pushed_to(match.collector)[-1] == "match.released"
        assert Pickup.objects.get().status == "on_hold"
        assert reliability_of(match.collector_id, now=read_clock()).no_shows == 0

    def test_a_collectors_match_goes_to_the_runner_up(self) -> None:
        match = make_match()
        runner_up = make_like(match.pickup).collector

        suspend(match.collector)

        assert fresh(match).status == "released"
        assert Match.objects.get(status="active").collector == runner_up
        assert "match.released" in pushed_to(match.pickup.resident)
        assert reliability_of(match.collector_id, now=read_clock()).released_late == 0

    def test_a_runner_up_who_is_asked_gives_way(self, settings: Settings) -> None:
        settings.CONSENT_AFTER_H = 0
        match = make_match()
        first, second = make_like(match.pickup), make_like(match.pickup)
        release_match(user_id=match.collector_id, match_id=match.pk, reason="cannot_come", now=read_clock())

        suspend(first.collector)

        assert Swipe.objects.get(pk=second.pk).like_state == "asked"


class TestTheirLikes:
    def test_are_hidden_until_it_is_lifted(self) -> None:
        pickup = make_pickup(choose="resident")
        like = make_like(pickup)
        resident = client_of(pickup.resident)
        likes = f"/api/v1/pickups/{pickup.pk}/likes"

        suspend(like.collector)
        assert resident.get(likes).json()["results"] == []
        assert resident.post(f"{likes}/{like.pk}/accept").status_code == 404

        lift(like.collector)
        assert [row["id"] for row in resident.get(likes).json()["results"]] == [str(like.pk)]


class TestSettling:
    def test_completes_what_an_interruption_left(self) -> None:
        match, other = make_match(), make_pickup()
        User.objects.filter(pk__in=[match.collector_id, other.resident_id]).update(is_active=False)

        settle_suspensions(now=read_clock())

        assert fresh(match).status == "released"
        assert Pickup.objects.get(pk=other.pk).status == "on_hold"

        User.objects.update(is_active=True)
        settle_suspensions(now=read_clock())
        assert Pickup.objects.get(pk=other.pk).status == "open"

    def test_goes_on_after_a_failure(self) -> None:
        broken, other = make_match(), make_pickup()
        broken.handover.delete()
        User.objects.filter(pk__in=[broken.collector_id, other.resident_id]).update(is_active=False)

        settle_suspensions(now=read_clock())

        assert Pickup.objects.get(pk=other.pk).status == "on_hold"

    def test_erases_what_was_posted_during_the_erasure(self) -> None:
        user = make_user()
        client_of(user).delete("/api/v1/me")
        pickup = make_pickup(resident=user)

        settle_suspensions(now=read_clock())

        pickup.refresh_from_db()
        assert (pickup.status, pickup.title, pickup.address) == ("cancelled", "", "")
        assert pickup.location.equals_exact(pickup.cell.transform(4326, clone=True), 1e-6)
