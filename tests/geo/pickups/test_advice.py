"""The advice that passes give the resident."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.models import Pickup, Swipe
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user, make_match
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db


def make_passes(pickup: Pickup, *reasons: str, revision: int = 1) -> None:
    """One pass of a new collector for each reason."""
    for reason in reasons:
        Swipe.objects.create(
            pickup=pickup,
            collector=make_user(),
            direction="pass",
            reason=reason,
            pickup_revision=revision,
            swiped_at=read_clock(),
        )


def advice(client: APIClient, pickup: Pickup) -> Any:
    return client.get(f"/api/v1/pickups/{pickup.pk}").json()["advice"]


class TestAdvice:
    def test_sums_reasons_without_names(self, client: APIClient, user: User) -> None:
        pickup = make_pickup(resident=user)
        make_passes(pickup, "too_little", "too_far", "too_little", "")

        assert advice(client, pickup) == [
            {
                "reason": "too_little",
                "count": 2,
                "text": "2 collectors passed: 3 kg is too little. Gather more, or post together with a neighbour.",
            },
            {
                "reason": "too_far",
                "count": 1,
                "text": "1 collector passed: it is too far. A longer window lets them combine it with other stops.",
            },
        ]

    @pytest.mark.parametrize("reason", Swipe.Reason.values)
    def test_speaks_thai_and_english(self, user: User, reason: str) -> None:
        pickup = make_pickup(resident=user)
        make_passes(pickup, reason, reason, reason)
        user.locale = "th"

        (thai,) = advice(client_of(user), pickup)

        assert thai["text"].startswith("ผู้รับ 3 รายปัดผ่าน: ")
        user.locale = "en"
        (english,) = advice(client_of(user), pickup)
        assert english["text"].isascii()

    def test_comes_from_three_passes_on(self, client: APIClient, user: User) -> None:
        pickup = make_pickup(resident=user)
        make_passes(pickup, "price", "price")

        assert advice(client, pickup) == []
        make_passes(pickup, "price")
        assert [row["count"] for row in advice(client, pickup)] == [3]

    def test_ignores_passes_on_an_older_revision(self, client: APIClient, user: User) -> None:
        pickup = make_pickup(resident=user, revision=2)
        make_passes(pickup, "price", "price", "price", revision=1)

        assert advice(client, pickup) == []

    def test_is_not_for_the_collector(self) -> None:
        match = make_match()
        make_passes(match.pickup, "price", "price", "price")

        assert advice(client_of(match.collector), match.pickup) == []

    def test_costs_one_query_however_many_passed(
        self, client: APIClient, user: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        few, many = make_pickup(resident=user), make_pickup(resident=user)
        make_passes(few, "price", "price", "price")
        make_passes(many, *["price", "other", "too_far", "wrong_time"] * 5)
        url = "/api/v1/pickups/"
        with django_assert_num_queries(3):
            client.get(f"{url}{few.pk}")
        with django_assert_num_queries(3):
            client.get(f"{url}{many.pk}")

    def test_counts_reasons_sent_to_the_api(self, client: APIClient, user: User) -> None:
        pickup = make_pickup(resident=user)
        for _ in range(3):
            phone = client_of(make_collecting_user())
            phone.put(f"/api/v1/pickups/{pickup.pk}/swipe", {"direction": "pass", "reason": "wrong_time"})

        assert [(row["reason"], row["count"]) for row in advice(client, pickup)] == [("wrong_time", 3)]
