"""A resident takes a pickup back: `POST /pickups/{id}/cancel`."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from geo.models import Match, Pickup, Swipe
from tests.factories.geo import make_pickup
from tests.factories.matches import events_of, make_like, make_match, make_receipt, names_of_events, pushed_to
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db


def cancel(client: APIClient, pickup_id: object) -> Any:
    """Take it back."""
    return client.post(f"/api/v1/pickups/{pickup_id}/cancel")


class TestCancel:
    def test_closes_an_open_pickup(self) -> None:
        pickup = make_pickup()

        answer = cancel(client_of(pickup.resident), pickup.pk)

        pickup.refresh_from_db()
        assert answer.status_code == 200
        assert answer.json()["status"] == pickup.status == "cancelled"
        assert pickup.closed_at is not None

    def test_tells_everybody_who_waited(self) -> None:
        pickup = make_pickup(choose="resident")
        likes = [make_like(pickup), make_like(pickup)]

        cancel(client_of(pickup.resident), pickup.pk)

        closed = {"pickup": str(pickup.pk), "title": "Bottles", "reason": "cancelled"}
        for like in likes:
            assert events_of(like.collector) == [("pickup.closed", closed)]
            assert pushed_to(like.collector) == ["pickup.closed"]
            assert Swipe.objects.get(pk=like.pk).like_state == "closed"

    def test_releases_the_match_and_promotes_nobody(self) -> None:
        match = make_match()
        waiting = make_like(match.pickup)

        cancel(client_of(match.pickup.resident), match.pickup_id)

        match.refresh_from_db()
        match.conversation.refresh_from_db()
        assert (match.status, match.release_reason) == ("released", "cancelled")
        assert match.conversation.closed_at is not None
        assert Match.objects.count() == 1
        assert names_of_events(waiting.collector) == ["pickup.closed"]
        assert pushed_to(match.collector) == ["match.released"]
        assert Swipe.objects.get(collector=match.collector).like_state == "released"

    def test_twice_changes_and_tells_nothing(self) -> None:
        pickup = make_pickup(choose="resident")
        like = make_like(pickup)
        phone = client_of(pickup.resident)

        answers = [cancel(phone, pickup.pk) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].json()["closed_at"] == answers[1].json()["closed_at"]
        assert names_of_events(like.collector) == ["pickup.closed"]

    def test_leaves_declined_likes_alone(self) -> None:
        pickup = make_pickup(choose="resident")
        like = make_like(pickup)
        phone = client_of(pickup.resident)
        phone.post(f"/api/v1/pickups/{pickup.pk}/likes/{like.pk}/decline")

        cancel(phone, pickup.pk)

        assert Swipe.objects.get().like_state == "declined"
        assert names_of_events(like.collector) == ["like.declined"]


class TestRefusals:
    def test_after_the_handover(self) -> None:
        receipt = make_receipt()

        answer = cancel(client_of(receipt.resident), receipt.match.pickup_id)

        assert (answer.status_code, answer.json()["code"]) == (409, "pickup_closed")
        assert Pickup.objects.get().status == "handed_over"

    def test_after_the_expiry(self) -> None:
        pickup = make_pickup(status="expired")

        assert cancel(client_of(pickup.resident), pickup.pk).json()["code"] == "pickup_closed"

    def test_strangers_and_the_collector(self) -> None:
        match = make_match()

        assert cancel(client_of(make_user()), match.pickup_id).status_code == 404
        assert cancel(client_of(match.collector), match.pickup_id).status_code == 404
        assert Pickup.objects.get().status == "matched"


class TestTransitions:
    """The table, spelled out once more."""

    ALLOWED = {
        ("open", "matched"),
        ("open", "cancelled"),
        ("open", "expired"),
        ("matched", "open"),
        ("matched", "matched"),
        ("matched", "cancelled"),
        ("matched", "handed_over"),
        ("open", "on_hold"),
        ("matched", "on_hold"),
        ("on_hold", "open"),
        ("on_hold", "cancelled"),
        ("on_hold", "expired"),
    }

    @pytest.mark.parametrize("status", Pickup.Status)
    @pytest.mark.parametrize("next_status", Pickup.Status)
    def test_allows_these_and_no_others(self, status: Pickup.Status, next_status: Pickup.Status) -> None:
        assert Pickup(status=status).may_become(next_status) == ((status, next_status) in self.ALLOWED)
