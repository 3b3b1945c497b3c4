"""Clients that show a card get `pickup.closed` on the real socket when its pickup closes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.matching.services.expiry import expire_pickup
from geo.matching.services.matches import cancel_pickup, release_match
from geo.models import Pickup
from tests.chat.conftest import open_phone, running, server  # noqa: F401
from tests.chat.phones import Phone
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user, make_match, swipe
from tests.factories.people import client_of

OpenPhone = Callable[..., Phone]
FAR = Point(99.0, 18.8, srid=4326)


pytestmark = pytest.mark.django_db(transaction=True)  # so that the server's threads see the data


@pytest.fixture
def phone(open_phone: OpenPhone, collector: User) -> Phone:  # noqa: F811
    """Their open app."""
    return open_phone(collector)


def draw_deck(collector: User) -> list[str]:
    """Request the deck; returns the ids of its cards."""
    return [card["id"] for card in client_of(collector).get("/api/v1/deck").json()["cards"]]


def closed(pickup: Pickup, reason: str) -> dict[str, str]:
    """The expected frame."""
    return {"type": "pickup.closed", "pickup": str(pickup.pk), "reason": reason}


def match(pickup: Pickup) -> None:
    """By a like of another collector."""
    swipe(make_collecting_user(), pickup)


def cancel(pickup: Pickup) -> None:
    """By the resident."""
    cancel_pickup(resident_id=pickup.resident_id, pickup_id=pickup.pk, now=read_clock())


def expire(pickup: Pickup) -> None:
    """After its time."""
    expire_pickup(pickup_id=pickup.pk, now=pickup.expires_at + timedelta(seconds=1))


def polled(collector: User) -> Any:
    """The closed cards that a client without a socket gets."""
    return client_of(collector).get("/api/v1/events").json()["gone"]


class TestOpenSocket:
    @pytest.mark.parametrize(
        ("close", "reason"),
        [(match, "taken"), (cancel, "cancelled"), (expire, "expired")],
        ids=["match", "cancel", "expire"],
    )
    def test_gets_the_frame_of_a_card_it_shows(
        self, phone: Phone, collector: User, close: Callable[[Pickup], None], reason: str
    ) -> None:
        pickup, other = make_pickup(), make_pickup()
        assert set(draw_deck(collector)) == {str(pickup.pk), str(other.pk)}

        close(pickup)

        assert phone.expect("pickup.closed") == closed(pickup, reason)

    def test_gets_it_again_for_a_card_that_was_reopened(self, phone: Phone, collector: User) -> None:
        pickup = make_pickup()
        draw_deck(collector)
        taken = make_match(pickup)
        phone.expect("pickup.closed")
        release_match(user_id=taken.collector_id, match_id=taken.pk, reason="other", now=read_clock())

        assert draw_deck(collector) == [str(pickup.pk)]
        match(pickup)

        assert phone.expect("pickup.closed") == closed(pickup, "taken")

    def test_gets_nothing_for_cards_not_shown_or_taken_by_the_user(self, phone: Phone, collector: User) -> None:
        mine, theirs = make_pickup(), make_pickup()
        far = make_pickup(location=FAR)
        draw_deck(collector)

        swipe(collector, mine)
        cancel(far)
        cancel(theirs)

        assert phone.expect_any("event", "pickup.closed")["event"] == "match.made"
        assert phone.expect("pickup.closed") == closed(theirs, "cancelled")

    def test_gets_it_on_every_phone(self, open_phone: OpenPhone, phone: Phone, collector: User) -> None:  # noqa: F811
        second, pickup = open_phone(collector), make_pickup()
        draw_deck(collector)

        cancel(pickup)

        assert phone.expect("pickup.closed") == second.expect("pickup.closed")

    def test_gets_it_for_a_card_that_became_hazardous(self, phone: Phone, collector: User) -> None:
        pickup = make_pickup()
        draw_deck(collector)

        battery = {"items": [{"material": "lead_acid_battery", "quantity": 1}]}
        assert client_of(pickup.resident).patch(f"/api/v1/pickups/{pickup.pk}", battery).status_code == 200

        assert phone.expect("pickup.closed") == closed(pickup, "hazardous")
        assert draw_deck(collector) == []


class TestLateSocket:
    def test_knows_the_deck_that_was_drawn_before_it_opened(self, open_phone: OpenPhone, collector: User) -> None:  # noqa: F811
        first, second = make_pickup(), make_pickup()
        draw_deck(collector)
        cancel(first)

        phone = open_phone(collector)

        assert phone.expect("pickup.closed") == closed(first, "cancelled")
        cancel(second)
        assert phone.expect("pickup.closed") == closed(second, "cancelled")

    def test_gets_nothing_for_cards_closed_before_the_deck(self, open_phone: OpenPhone, collector: User) -> None:  # noqa: F811
        pickup, other = make_pickup(), make_pickup()
        taken = make_match(pickup)
        release_match(user_id=taken.collector_id, match_id=taken.pk, reason="other", now=read_clock())
        assert len(draw_deck(collector)) == 2

        phone = open_phone(collector)
        cancel(other)

        assert phone.expect("pickup.closed") == closed(other, "cancelled")


class TestWithoutSocket:
    def test_gets_it_with_the_next_poll(self, collector: User) -> None:
        first, _ = make_pickup(), make_pickup()
        draw_deck(collector)
        assert polled(collector) == []

        cancel(first)

        assert polled(collector) == [closed(first, "cancelled")]
        draw_deck(collector)
        assert polled(collector) == []

    def test_refuses_a_like_of_a_closed_card(self, collector: User) -> None:
        pickup = make_pickup()
        draw_deck(collector)
        cancel(pickup)

        response = client_of(collector).put(f"/api/v1/pickups/{pickup.pk}/swipe", {"direction": "like"})

        assert (response.status_code, response.json()["code"]) == (409, "pickup_closed")


class TestWithoutRedis:
    def test_decks_and_closing_work(self, collector: User, dead_redis: None) -> None:
        pickup = make_pickup()

        assert draw_deck(collector) == [str(pickup.pk)]
        cancel(pickup)

        assert polled(collector) == []
        assert draw_deck(collector) == []
