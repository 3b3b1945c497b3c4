"""Swiping: `PUT /pickups/{id}/swipe`."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import Block, User
from backend.core.clock import read_clock
from geo.matching.services.likes import decline_like
from geo.matching.services.matches import release_match
from geo.models import Match, Pickup, Swipe
from tests.factories.geo import make_pickup
from tests.factories.matches import (
    events_of,
    make_collecting_user,
    make_like,
    make_match,
    make_receipt,
    names_of_events,
    pushed_to,
    swipe,
)
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db


def put(client: APIClient, pickup_id: object, **body: Any) -> Any:
    """Swipe; a like by default."""
    return client.put(f"/api/v1/pickups/{pickup_id}/swipe", {"direction": "like"} | body)


def give_back(user: User, match: dict[str, Any]) -> None:
    """Release the match of a response."""
    release_match(user_id=user.pk, match_id=match["id"], reason="other", now=read_clock())


class TestLikeOnFirstCome:
    def test_makes_the_match_at_once(self, phone: APIClient, collector: User) -> None:
        pickup = make_pickup()

        answer = put(phone, pickup.pk)

        match = Match.objects.get()
        assert answer.status_code == 200
        assert answer.json()["direction"] == "like"
        assert answer.json()["queue_position"] is None
        assert answer.json()["match"]["id"] == str(match.pk)
        assert answer.json()["match"]["conversation"] == str(match.conversation_id)
        assert (match.collector, match.pickup, match.status) == (collector, pickup, "active")
        assert Pickup.objects.get().status == "matched"
        assert Swipe.objects.get().like_state == "matched"

    def test_opens_a_conversation_of_the_two(self, phone: APIClient, collector: User) -> None:
        pickup = make_pickup()

        put(phone, pickup.pk)

        conversation = Match.objects.get().conversation
        assert conversation.title == pickup.title
        assert set(conversation.participants.values_list("user_id", flat=True)) == {collector.pk, pickup.resident_id}

    def test_gives_the_handover_a_code_of_six_digits(self, phone: APIClient) -> None:
        put(phone, make_pickup().pk)

        code = Match.objects.get().handover.code
        assert len(code) == 6
        assert code.isdecimal()

    def test_tells_both_and_pushes_to_the_resident(self, phone: APIClient, collector: User) -> None:
        pickup = make_pickup()

        put(phone, pickup.pk)

        match = Match.objects.get()
        told = {
            "match": str(match.pk),
            "pickup": str(pickup.pk),
            "conversation": str(match.conversation_id),
            "title": "Bottles",
        }
        assert events_of(collector) == events_of(pickup.resident) == [("match.made", told)]
        assert pushed_to(pickup.resident) == ["match.made"]
        assert pushed_to(collector) == []

    def test_waits_behind_a_live_match(self, phone: APIClient) -> None:
        pickup = make_pickup()
        make_match(pickup)
        make_like(pickup)

        answer = put(phone, pickup.pk)

        assert answer.json() == {"direction": "like", "match": None, "queue_position": 2}
        assert Match.objects.count() == 1
        assert names_of_events(pickup.resident) == ["match.made"]

    def test_matches_a_like_that_waited_while_the_pickup_is_open_again(
        self, phone: APIClient, collector: User, settings: Settings
    ) -> None:
        pickup = make_pickup()
        match = make_match(pickup)
        swipe(collector, pickup)
        settings.MATCHES_ACTIVE_MAX = 0
        release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())
        settings.MATCHES_ACTIVE_MAX = 5

        answer = put(phone, pickup.pk)

        assert answer.json()["match"]
        assert Swipe.objects.get(collector=collector).queue_number == 2


class TestLikeThatAsks:
    def test_waits_for_the_resident_and_notifies_them(self, phone: APIClient, collector: User) -> None:
        pickup = make_pickup(choose="resident")

        answer = put(phone, pickup.pk)

        like = Swipe.objects.get()
        assert answer.json() == {"direction": "like", "match": None, "queue_position": 1}
        assert Pickup.objects.get().status == "open"
        assert events_of(pickup.resident) == [
            ("pickup.liked", {"pickup": str(pickup.pk), "like": str(like.pk), "title": "Bottles"})
        ]
        assert pushed_to(pickup.resident) == ["pickup.liked"]
        assert events_of(collector) == []

    def test_counts_places_in_the_order_of_arrival(self) -> None:
        pickup = make_pickup(choose="resident")

        places = [swipe(make_collecting_user(), pickup).queue_position for _ in range(3)]

        assert places == [1, 2, 3]

    def test_moves_up_when_one_ahead_withdraws(self, phone: APIClient) -> None:
        pickup = make_pickup(choose="resident")
        first = make_like(pickup)
        put(phone, pickup.pk)

        client_of(first.collector).delete(f"/api/v1/pickups/{pickup.pk}/swipe")

        assert put(phone, pickup.pk).json()["queue_position"] == 1


class TestSameSwipeAgain:
    def test_answers_a_waiting_like_alike_and_tells_nobody_twice(self, phone: APIClient) -> None:
        pickup = make_pickup(choose="resident")

        answers = [put(phone, pickup.pk).json() for _ in range(2)]

        assert answers[0] == answers[1]
        assert Swipe.objects.count() == 1
        assert names_of_events(pickup.resident) == ["pickup.liked"]

    def test_answers_a_matched_like_with_its_match(self, phone: APIClient) -> None:
        pickup = make_pickup()

        answers = [put(phone, pickup.pk).json() for _ in range(2)]

        assert answers[0] == answers[1]
        assert Match.objects.count() == 1

    def test_answers_a_matched_like_after_the_expiry_too(self, phone: APIClient) -> None:
        pickup = make_pickup()
        put(phone, pickup.pk)
        Pickup.objects.update(expires_at=read_clock() - timedelta(minutes=1))

        assert put(phone, pickup.pk).json()["match"]["id"] == str(Match.objects.get().pk)

    def test_renews_a_pass_with_what_is_shown_now(self, phone: APIClient) -> None:
        pickup = make_pickup()
        put(phone, pickup.pk, direction="pass", reason="price")
        Pickup.objects.update(revision=2)

        put(phone, pickup.pk, direction="pass", reason="too_far")

        swiped = Swipe.objects.get()
        assert (swiped.reason, swiped.pickup_revision) == ("too_far", 2)


class TestPass:
    def test_is_kept_with_its_reason(self, phone: APIClient, collector: User) -> None:
        pickup = make_pickup()

        answer = put(phone, pickup.pk, direction="pass", reason="too_little")

        swiped = Swipe.objects.get(collector=collector)
        assert answer.json() == {"direction": "pass", "match": None, "queue_position": None}
        assert (swiped.direction, swiped.reason, swiped.like_state) == ("pass", "too_little", "")
        assert events_of(pickup.resident) == []

    def test_needs_no_collector_profile(self) -> None:
        assert put(client_of(make_user()), make_pickup().pk, direction="pass").status_code == 200

    def test_becomes_a_like(self, phone: APIClient) -> None:
        pickup = make_pickup()
        put(phone, pickup.pk, direction="pass", reason="price")

        answer = put(phone, pickup.pk)

        assert answer.json()["match"]
        assert Swipe.objects.get().reason == ""

    def test_withdraws_a_like_that_waits(self, phone: APIClient) -> None:
        pickup = make_pickup(choose="resident")
        put(phone, pickup.pk)

        answer = put(phone, pickup.pk, direction="pass")

        swiped = Swipe.objects.get()
        assert answer.status_code == 200
        assert (swiped.direction, swiped.like_state, swiped.queue_number) == ("pass", "", None)

    def test_is_refused_on_a_match(self, phone: APIClient) -> None:
        pickup = make_pickup()
        put(phone, pickup.pk)

        answer = put(phone, pickup.pk, direction="pass")

        assert (answer.status_code, answer.json()["code"]) == (409, "like_is_match")
        assert Swipe.objects.get().like_state == "matched"


class TestRefusals:
    @pytest.mark.parametrize("direction", ["like", "pass"])
    def test_own_pickup(self, phone: APIClient, collector: User, direction: str) -> None:
        pickup = make_pickup(resident=collector)

        answer = put(phone, pickup.pk, direction=direction)

        assert (answer.status_code, answer.json()["code"]) == (409, "own_pickup")
        assert not Swipe.objects.exists()

    @pytest.mark.parametrize("is_blocker", [True, False])
    def test_blocked_either_way(self, phone: APIClient, collector: User, is_blocker: bool) -> None:
        pickup = make_pickup()
        pair = (collector, pickup.resident) if is_blocker else (pickup.resident, collector)
        Block.objects.create(blocker=pair[0], blocked=pair[1])

        assert put(phone, pickup.pk).status_code == 404
        assert not Swipe.objects.exists()

    @pytest.mark.parametrize("direction", ["like", "pass"])
    @pytest.mark.parametrize("status", ["cancelled", "expired", "handed_over"])
    def test_closed_pickup(self, phone: APIClient, status: str, direction: str) -> None:
        pickup = make_pickup(status=status)

        answer = put(phone, pickup.pk, direction=direction)

        assert (answer.status_code, answer.json()["code"]) == (409, "pickup_closed")
        assert not Swipe.objects.exists()

    @pytest.mark.parametrize("status", ["open", "matched"])
    def test_pickup_past_its_expiry(self, phone: APIClient, status: str) -> None:
        pickup = make_pickup(status=status, expires_at=read_clock() - timedelta(seconds=1))

        assert put(phone, pickup.pk).json()["code"] == "pickup_closed"

    def test_more_likes_than_may_wait(self, phone: APIClient, settings: Settings) -> None:
        settings.LIKES_WAITING_MAX = 1
        put(phone, make_pickup(choose="resident").pk)

        answer = put(phone, make_pickup(choose="resident").pk)

        assert (answer.status_code, answer.json()["code"]) == (409, "too_many_likes")
        assert "At most 1" in answer.json()["detail"]
        assert Swipe.objects.count() == 1

    def test_no_like_that_waits_in_vain_counts(self, phone: APIClient, collector: User, settings: Settings) -> None:
        settings.LIKES_WAITING_MAX = 1
        blocked = make_pickup(choose="resident")
        make_like(blocked, collector)
        Block.objects.create(blocker=blocked.resident, blocked=collector)

        assert put(phone, make_pickup(choose="resident").pk).status_code == 200
        assert put(phone, make_pickup(choose="resident").pk).json()["code"] == "too_many_likes"

    def test_one_exact_place_after_the_other(self, phone: APIClient, collector: User, settings: Settings) -> None:
        settings.GIVEN_BACK_A_DAY_MAX = 2
        for _ in range(2):
            give_back(collector, put(phone, make_pickup().pk).json()["match"])
        pickup = make_pickup()

        answer = put(phone, pickup.pk)

        assert (answer.status_code, answer.json()["code"]) == (409, "too_many_given_back")
        assert Pickup.objects.get(pk=pickup.pk).status == "open"
        assert put(phone, make_pickup(choose="resident").pk).status_code == 200

    def test_what_was_given_back_counts_for_a_day(self, phone: APIClient, collector: User, settings: Settings) -> None:
        settings.GIVEN_BACK_A_DAY_MAX = 1
        give_back(collector, put(phone, make_pickup().pk).json()["match"])
        Match.objects.update(ended_at=read_clock() - timedelta(hours=24))

        assert put(phone, make_pickup().pk).json()["match"]

    def test_what_the_resident_gave_back_does_not_count(self, phone: APIClient, settings: Settings) -> None:
        settings.GIVEN_BACK_A_DAY_MAX = 1
        pickup = make_pickup()
        give_back(pickup.resident, put(phone, pickup.pk).json()["match"])

        assert put(phone, make_pickup().pk).json()["match"]

    def test_declined_like_again(self, phone: APIClient, collector: User) -> None:
        pickup = make_pickup(choose="resident")
        like = make_like(pickup, collector)
        decline_like(resident_id=pickup.resident_id, pickup_id=pickup.pk, like_id=like.pk, now=read_clock())

        answers = [put(phone, pickup.pk), put(phone, pickup.pk, direction="pass")]

        assert [answer.json()["code"] for answer in answers] == ["like_declined"] * 2

    def test_like_of_a_pickup_already_handed_over(self, phone: APIClient, collector: User) -> None:
        pickup = make_pickup()
        make_receipt(make_match(pickup, collector))

        assert put(phone, pickup.pk).json()["code"] == "pickup_closed"

    @pytest.mark.parametrize(
        "body",
        [
            {"direction": "up"},
            {"direction": None},
            {"direction": ["like"]},
            {"direction": "pass", "reason": "because"},
            {"direction": "like", "reason": "price"},
            {"direction": "x" * 100_000},
        ],
    )
    def test_bad_shape(self, phone: APIClient, body: dict[str, Any]) -> None:
        answer = put(phone, make_pickup().pk, **body)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert not Swipe.objects.exists()

    def test_broken_json(self, phone: APIClient) -> None:
        path = f"/api/v1/pickups/{make_pickup().pk}/swipe"

        assert phone.put(path, data="{", content_type="application/json").json()["code"] == "body_unreadable"

    def test_speaks_thai(self) -> None:
        phone = client_of(make_user(locale="th"))

        assert put(phone, make_pickup(status="cancelled").pk).json()["detail"].startswith("รายการนี้")
