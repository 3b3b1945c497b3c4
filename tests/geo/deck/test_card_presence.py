"""Collectors who were dealt a card and have not swiped it hear when it goes: `pickup.closed` on the real socket."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection

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


@pytest.fixture(autouse=True)
def committed(transactional_db: None) -> Iterator[None]:
    """The server's threads see what the test does. The job queue's tables are unmanaged, so a flush leaves them."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


@pytest.fixture
def collector() -> User:
    """Somebody who is dealt a deck."""
    return make_collecting_user()


@pytest.fixture
def phone(open_phone: OpenPhone, collector: User) -> Phone:  # noqa: F811
    """His open app."""
    return open_phone(collector)


def deal(collector: User) -> list[str]:
    """Draw the deck over HTTP; the ids of its cards."""
    return [card["id"] for card in client_of(collector).get("/api/v1/deck").json()["cards"]]


def closed(pickup: Pickup, reason: str) -> dict[str, str]:
    """The frame."""
    return {"type": "pickup.closed", "pickup": str(pickup.pk), "reason": reason}


def match(pickup: Pickup) -> None:
    """By somebody else's thumb."""
    swipe(make_collecting_user(), pickup)


def cancel(pickup: Pickup) -> None:
    """By the resident."""
    cancel_pickup(resident_id=pickup.resident_id, pickup_id=pickup.pk, now=read_clock())


def expire(pickup: Pickup) -> None:
    """By the clock."""
    expire_pickup(pickup_id=pickup.pk, now=pickup.expires_at + timedelta(seconds=1))


def polled(collector: User) -> Any:
    """What a client without a socket is told."""
    return client_of(collector).get("/api/v1/events").json()["gone"]


class TestOpenSocket:
    @pytest.mark.parametrize(
        ("close", "reason"),
        [(match, "taken"), (cancel, "cancelled"), (expire, "expired")],
        ids=["match", "cancel", "expire"],
    )
    def test_hears_that_a_dealt_card_has_gone(
        self, phone: Phone, collector: User, close: Callable[[Pickup], None], reason: str
    ) -> None:
        pickup, other = make_pickup(), make_pickup()
        assert set(deal(collector)) == {str(pickup.pk), str(other.pk)}

        close(pickup)

        assert phone.expect("pickup.closed") == closed(pickup, reason)

    def test_hears_it_again_of_a_card_that_had_come_back(self, phone: Phone, collector: User) -> None:
        pickup = make_pickup()
        deal(collector)
        taken = make_match(pickup)
        phone.expect("pickup.closed")
        release_match(user_id=taken.collector_id, match_id=taken.pk, reason="other", now=read_clock())

        assert deal(collector) == [str(pickup.pk)]
        match(pickup)

        assert phone.expect("pickup.closed") == closed(pickup, "taken")

    def test_hears_nothing_of_cards_he_was_not_dealt_or_took_himself(self, phone: Phone, collector: User) -> None:
        mine, theirs = make_pickup(), make_pickup()
        far = make_pickup(location=FAR)
        deal(collector)

        swipe(collector, mine)
        cancel(far)
        cancel(theirs)

        assert phone.expect_any("event", "pickup.closed")["event"] == "match.made"
        assert phone.expect("pickup.closed") == closed(theirs, "cancelled")

    def test_hears_it_on_every_phone(self, open_phone: OpenPhone, phone: Phone, collector: User) -> None:  # noqa: F811
        second, pickup = open_phone(collector), make_pickup()
        deal(collector)

        cancel(pickup)

        assert phone.expect("pickup.closed") == second.expect("pickup.closed")

    def test_hears_of_a_card_that_has_become_hazardous(self, phone: Phone, collector: User) -> None:
        pickup = make_pickup()
        deal(collector)

        battery = {"items": [{"material": "lead_acid_battery", "quantity": 1}]}
        assert client_of(pickup.resident).patch(f"/api/v1/pickups/{pickup.pk}", battery).status_code == 200

        assert phone.expect("pickup.closed") == closed(pickup, "hazardous")
        assert deal(collector) == []


class TestLateSocket:
    def test_knows_the_deck_that_was_drawn_before_it_opened(self, open_phone: OpenPhone, collector: User) -> None:  # noqa: F811
        gone, there = make_pickup(), make_pickup()
        deal(collector)
        cancel(gone)

        phone = open_phone(collector)

        assert phone.expect("pickup.closed") == closed(gone, "cancelled")
        cancel(there)
        assert phone.expect("pickup.closed") == closed(there, "cancelled")

    def test_is_not_told_of_what_went_before_the_deck(self, open_phone: OpenPhone, collector: User) -> None:  # noqa: F811
        pickup, other = make_pickup(), make_pickup()
        taken = make_match(pickup)
        release_match(user_id=taken.collector_id, match_id=taken.pk, reason="other", now=read_clock())
        assert len(deal(collector)) == 2

        phone = open_phone(collector)
        cancel(other)

        assert phone.expect("pickup.closed") == closed(other, "cancelled")


class TestWithoutSocket:
    def test_is_told_with_the_next_poll(self, collector: User) -> None:
        gone, _ = make_pickup(), make_pickup()
        deal(collector)
        assert polled(collector) == []

        cancel(gone)

        assert polled(collector) == [closed(gone, "cancelled")]
        deal(collector)
        assert polled(collector) == []

    def test_is_refused_politely(self, collector: User) -> None:
        pickup = make_pickup()
        deal(collector)
        cancel(pickup)

        answer = client_of(collector).put(f"/api/v1/pickups/{pickup.pk}/swipe", {"direction": "like"})

        assert (answer.status_code, answer.json()["code"]) == (409, "pickup_closed")


class TestWithoutRedis:
    def test_decks_and_closings_go_on(self, collector: User, dead_redis: None) -> None:
        pickup = make_pickup()

        assert deal(collector) == [str(pickup.pk)]
        cancel(pickup)

        assert polled(collector) == []
        assert deal(collector) == []
