"""Giving a match back: `POST /matches/{id}/release`, and who comes next."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import Block
from backend.core.clock import read_clock
from chat.services.privacy import leave as leave_chat
from geo.matching.services.likes import accept_like
from geo.matching.services.matches import release_match
from geo.models import Collector, Match, Pickup, Swipe
from notifications.models import Event
from tests.factories.geo import make_pickup
from tests.factories.matches import events_of, make_like, make_match, make_receipt, names_of_events, pushed_to
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def release(client: APIClient, match: Match, reason: object = "cannot_come") -> Any:
    """Give `match` back."""
    return client.post(f"/api/v1/matches/{match.pk}/release", {"reason": reason})


def live_collector_of(pickup: Pickup) -> object:
    """Who comes now."""
    return Match.objects.get(pickup=pickup, status="active").collector


class TestRelease:
    def test_opens_the_pickup_again(self) -> None:
        match = make_match()

        answer = release(client_of(match.collector), match)

        pickup = Pickup.objects.get()
        assert answer.status_code == 200
        assert answer.json()["status"] == "released"
        assert (pickup.status, pickup.closed_at) == ("open", None)
        assert Swipe.objects.get().like_state == "released"

    def test_leaves_both_an_hour_to_apologise_in_the_conversation(self) -> None:
        match = make_match()

        release(client_of(match.collector), match)

        conversation = f"/api/v1/conversations/{match.conversation_id}"
        message = {"client_id": str(uuid.uuid4()), "kind": "text", "text": "Sorry!"}
        for user in (match.collector, match.pickup.resident):
            assert client_of(user).post(f"{conversation}/messages", message).status_code == 201
        match.conversation.refresh_from_db()
        assert match.conversation.closed_at == pytest.approx(read_clock() + HOUR, abs=timedelta(minutes=1))
        assert client_of(match.collector).get(conversation).json()["closed_at"] is not None

    def test_closes_the_conversation_after_the_hour(self) -> None:
        match = make_match()
        release_match(user_id=match.collector_id, match_id=match.pk, reason="cannot_come", now=read_clock() - HOUR)

        message = {"client_id": str(uuid.uuid4()), "kind": "text", "text": "Sorry!"}
        answer = client_of(match.collector).post(f"/api/v1/conversations/{match.conversation_id}/messages", message)

        assert (answer.status_code, answer.json()["code"]) == (409, "conversation_closed")

    def test_closes_the_conversation_at_once_when_one_leaves_in_the_hour(self) -> None:
        match = make_match()
        release(client_of(match.collector), match)

        leave_chat(user=match.collector, now=read_clock())

        match.conversation.refresh_from_db()
        assert match.conversation.closed_at is not None
        assert match.conversation.closed_at <= read_clock()

    def test_keeps_who_and_why(self) -> None:
        match = make_match()

        release(client_of(match.pickup.resident), match, "no_answer")

        match.refresh_from_db()
        assert (match.released_by, match.release_reason) == (match.pickup.resident, "no_answer")
        assert match.ended_at is not None

    def test_tells_both_and_pushes_to_the_other(self) -> None:
        match = make_match()

        release(client_of(match.collector), match)

        data = {
            "match": str(match.pk),
            "pickup": str(match.pickup_id),
            "conversation": str(match.conversation_id),
            "title": "Bottles",
            "reason": "cannot_come",
        }
        assert events_of(match.collector)[-1] == events_of(match.pickup.resident)[-1] == ("match.released", data)
        assert pushed_to(match.pickup.resident) == ["match.made", "match.released"]
        assert pushed_to(match.collector) == []

    def test_lets_somebody_else_match(self) -> None:
        match = make_match()
        release(client_of(match.collector), match)

        assert make_match(match.pickup).status == "active"

    def test_frees_the_collectors_place(self, settings: Settings) -> None:
        settings.MATCHES_ACTIVE_MAX = 1
        match = make_match()
        release(client_of(match.collector), match)

        assert make_match(collector=match.collector).status == "active"


class TestRunnerUp:
    def test_is_promoted_at_once_in_the_order_of_arrival(self) -> None:
        match = make_match()
        first, second = make_like(match.pickup), make_like(match.pickup)

        release(client_of(match.collector), match)

        assert live_collector_of(match.pickup) == first.collector
        assert Pickup.objects.get().status == "matched"
        assert Swipe.objects.get(pk=first.pk).like_state == "matched"
        assert Swipe.objects.get(pk=second.pk).like_state == "waiting"

    def test_gets_a_conversation_and_a_code_of_their_own(self) -> None:
        match = make_match()
        like = make_like(match.pickup)

        release(client_of(match.collector), match)

        promoted = Match.objects.get(collector=like.collector)
        assert promoted.conversation_id != match.conversation_id
        assert promoted.conversation.closed_at is None
        assert promoted.handover.wrong_codes == 0

    def test_gets_a_push_and_so_does_the_resident(self) -> None:
        match = make_match()
        like = make_like(match.pickup)

        release(client_of(match.collector), match)

        resident = match.pickup.resident
        assert names_of_events(like.collector) == pushed_to(like.collector) == ["match.made"]
        assert names_of_events(resident) == pushed_to(resident) == ["match.made", "match.released", "match.made"]

    def test_gets_a_push_though_blocked_by_the_one_who_released(self) -> None:
        match = make_match()
        like = make_like(match.pickup)
        Block.objects.create(blocker=like.collector, blocked=match.collector)

        release(client_of(match.collector), match)

        told = Event.objects.get(user=like.collector)
        assert (told.name, told.by) == ("match.made", match.pickup.resident_id)

    def test_gets_a_push_while_the_resident_who_released_gets_none(self) -> None:
        match = make_match()
        like = make_like(match.pickup)

        release(client_of(match.pickup.resident), match)

        assert pushed_to(like.collector) == ["match.made"]
        assert pushed_to(match.pickup.resident) == ["match.made"]

    def test_is_passed_over_at_the_limit_and_keeps_the_place(self, settings: Settings) -> None:
        match = make_match()
        busy, free = make_like(match.pickup), make_like(match.pickup)
        make_match(collector=busy.collector)
        settings.MATCHES_ACTIVE_MAX = 1

        release(client_of(match.collector), match)

        assert live_collector_of(match.pickup) == free.collector
        assert Swipe.objects.get(pk=busy.pk).like_state == "waiting"

    def test_is_passed_over_when_blocked(self) -> None:
        match = make_match()
        blocked, other = make_like(match.pickup), make_like(match.pickup)
        Block.objects.create(blocker=blocked.collector, blocked=match.pickup.resident)

        release(client_of(match.collector), match)

        assert live_collector_of(match.pickup) == other.collector

    def test_is_passed_over_while_not_working(self) -> None:
        match = make_match()
        resting, other = make_like(match.pickup), make_like(match.pickup)
        Collector.objects.filter(user=resting.collector).update(is_available=False)

        release(client_of(match.collector), match)

        assert live_collector_of(match.pickup) == other.collector

    def test_waits_when_the_resident_chooses(self) -> None:
        pickup = make_pickup(choose="resident")
        like, waiting = make_like(pickup), make_like(pickup)
        match = accept_like(resident_id=pickup.resident_id, pickup_id=pickup.pk, like_id=like.pk, now=read_clock())

        release(client_of(match.collector), match)

        assert Pickup.objects.get().status == "open"
        assert Swipe.objects.get(pk=waiting.pk).like_state == "waiting"
        assert Match.objects.count() == 1

    def test_goes_on_to_the_end_of_the_queue(self) -> None:
        match = make_match()
        pickup = match.pickup
        likes = [make_like(pickup) for _ in range(3)]

        for like in likes:
            release(client_of(match.collector), match)
            match = Match.objects.get(pickup=pickup, status="active")
            assert match.collector == like.collector
        release(client_of(match.collector), match)

        assert Pickup.objects.get().status == "open"


class TestReleaseAfterExpiry:
    def test_expires_the_pickup_and_tells_all_who_waited(self) -> None:
        match = make_match()
        waiting = make_like(match.pickup)
        Pickup.objects.update(expires_at=read_clock() - timedelta(minutes=1))

        release(client_of(match.collector), match)

        pickup = Pickup.objects.get()
        closed = {"pickup": str(pickup.pk), "title": "Bottles", "reason": "expired"}
        assert pickup.status == "expired"
        assert pickup.closed_at is not None
        assert Match.objects.count() == 1
        assert Swipe.objects.get(pk=waiting.pk).like_state == "closed"
        assert events_of(waiting.collector) == [("pickup.closed", closed)]
        assert names_of_events(pickup.resident) == ["match.made", "match.released", "pickup.expired"]


class TestRefusals:
    def test_twice(self) -> None:
        match = make_match()
        release(client_of(match.collector), match)

        answer = release(client_of(match.pickup.resident), match)

        assert (answer.status_code, answer.json()["code"]) == (409, "match_over")

    def test_after_the_handover(self) -> None:
        match = make_match()
        make_receipt(match)

        assert release(client_of(match.collector), match).json()["code"] == "match_over"
        assert Pickup.objects.get().status == "handed_over"

    def test_strangers_and_runner_ups(self) -> None:
        match = make_match()
        like = make_like(match.pickup)

        assert release(client_of(make_user()), match).status_code == 404
        assert release(client_of(like.collector), match).status_code == 404
        assert Match.objects.get().status == "active"

    @pytest.mark.parametrize("reason", ["", None, "cancelled", "because", 7, ["other"]])
    def test_other_reasons(self, reason: object) -> None:
        match = make_match()

        answer = release(client_of(match.collector), match, reason)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert Match.objects.get().status == "active"
