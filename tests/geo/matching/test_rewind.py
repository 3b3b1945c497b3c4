"""Taking a swipe back: `DELETE /pickups/{id}/swipe`."""

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import Block, User
from backend.core.clock import read_clock
from geo.matching.services.likes import decline_like
from geo.matching.services.matches import cancel_pickup
from geo.models import Match, Swipe
from tests.factories.geo import make_pickup
from tests.factories.matches import make_like, swipe

pytestmark = pytest.mark.django_db


class TestTakeBack:
    def test_rewinds_a_pass(self, phone: APIClient, collector: User) -> None:
        pickup = make_pickup()
        swipe(collector, pickup, direction="pass")

        answer = phone.delete(f"/api/v1/pickups/{pickup.pk}/swipe")

        assert answer.status_code == 204
        assert not Swipe.objects.exists()

    def test_withdraws_a_like_that_waits(self, phone: APIClient, collector: User) -> None:
        pickup = make_pickup(choose="resident")
        swipe(collector, pickup)

        assert phone.delete(f"/api/v1/pickups/{pickup.pk}/swipe").status_code == 204
        assert not Swipe.objects.exists()

    def test_changes_nothing_where_nothing_was_said(self, phone: APIClient) -> None:
        assert phone.delete(f"/api/v1/pickups/{make_pickup().pk}/swipe").status_code == 204

    def test_answers_without_a_body(self, phone: APIClient) -> None:
        """A client would read a byte after a 204 as the start of the next response."""
        answer = phone.delete(f"/api/v1/pickups/{make_pickup().pk}/swipe")

        # Django's test client throws a body after 204 away; the type of one is still there.
        assert "Content-Type" not in answer.headers

    def test_refuses_a_match(self, phone: APIClient, collector: User) -> None:
        pickup = make_pickup()
        swipe(collector, pickup)

        answer = phone.delete(f"/api/v1/pickups/{pickup.pk}/swipe")

        assert (answer.status_code, answer.json()["code"]) == (409, "like_is_match")
        assert Match.objects.get().status == "active"

    def test_refuses_what_was_declined(self, phone: APIClient, collector: User) -> None:
        pickup = make_pickup(choose="resident")
        like = make_like(pickup, collector)
        decline_like(resident_id=pickup.resident_id, pickup_id=pickup.pk, like_id=like.pk, now=read_clock())

        assert phone.delete(f"/api/v1/pickups/{pickup.pk}/swipe").json()["code"] == "like_declined"
        assert Swipe.objects.exists()

    def test_refuses_a_closed_pickup(self, phone: APIClient, collector: User) -> None:
        pickup = make_pickup(choose="resident")
        make_like(pickup, collector)
        cancel_pickup(resident_id=pickup.resident_id, pickup_id=pickup.pk, now=read_clock())

        assert phone.delete(f"/api/v1/pickups/{pickup.pk}/swipe").json()["code"] == "pickup_closed"

    def test_withdraws_a_like_though_blocked(self, phone: APIClient, collector: User) -> None:
        pickup = make_pickup(choose="resident")
        make_like(pickup, collector)
        Block.objects.create(blocker=pickup.resident, blocked=collector)

        assert phone.delete(f"/api/v1/pickups/{pickup.pk}/swipe").status_code == 204
        assert not Swipe.objects.exists()
        assert phone.delete(f"/api/v1/pickups/{pickup.pk}/swipe").status_code == 404
