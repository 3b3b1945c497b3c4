"""Stepping over what was swiped: the same decks, whatever happens to pickups and swipes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.shared.clock import read_clock
from geo.models import Collector, Match, Pickup
from geo.selectors import dealt
from geo.services.expiry import expire_due_pickups
from geo.services.matches import release_match
from geo.services.tiles import compare_tiles
from tests.geo.test_deck import TestFilters, TestLeftOut, ids
from tests.makers import client_of
from tests.makers_geo import make_collector, make_pickup


@pytest.fixture(autouse=True)
def everybody_has_swiped_much(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a single swipe is stepped over. Django's flush leaves the tiles of other tests, which no model knows."""
    monkeypatch.setattr(dealt, "SWIPED_MUCH", 0)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE geo_tile, geo_tile_swiped, geo_sheet, geo_sheet_swiped")


@pytest.fixture
def collector(user: User) -> Collector:
    """`user`, who collects everything in Lumphini."""
    return make_collector(user=user)


class TestWhatIsLeftOut(TestLeftOut):
    """All of it again."""


class TestWhatIsWished(TestFilters):
    """All of it again."""


def swipe(client: APIClient, pickup: Pickup, direction: str = "pass") -> None:
    assert client.put(f"/api/v1/pickups/{pickup.pk}/swipe", {"direction": direction}).status_code == 200


def of_tile(what: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {what} FROM geo_tile")
        (found,) = cursor.fetchone()
    return found


class TestSwiped:
    def test_is_stepped_over_and_comes_back_when_rewound(self, client: APIClient, collector: Collector) -> None:
        pickup, other = make_pickup(), make_pickup()
        swipe(client, pickup)
        passed = ids(client), swiped()
        client.delete(f"/api/v1/pickups/{pickup.pk}/swipe")

        assert passed == ([str(other.pk)], 1)
        assert (set(ids(client)), swiped()) == ({str(pickup.pk), str(other.pk)}, 0)

    def test_comes_back_when_it_changed_materially(self, client: APIClient, collector: Collector) -> None:
        pickup = make_pickup()
        swipe(client, pickup)
        before = ids(client)
        client_of(pickup.resident).patch(f"/api/v1/pickups/{pickup.pk}", {"price": {"mode": "pays", "amount": 9}})

        assert (before, ids(client)) == ([], [str(pickup.pk)])

    def test_comes_back_when_it_changed_while_it_was_not_open(self, client: APIClient, collector: Collector) -> None:
        pickup = make_pickup()
        swipe(client, pickup)
        Pickup.objects.update(status="matched")
        Pickup.objects.update(revision=2)
        Pickup.objects.update(status="open")

        assert ids(client) == [str(pickup.pk)]

    def test_stays_out_when_it_opens_again(self, client: APIClient, collector: Collector) -> None:
        pickup, other = make_pickup(), make_pickup()
        swipe(client, pickup)
        Pickup.objects.update(status="matched")
        while_matched = ids(client)
        Pickup.objects.update(status="open")

        assert (while_matched, ids(client)) == ([], [str(other.pk)])

    def test_stays_out_when_its_match_was_given_back(self, client: APIClient, collector: Collector) -> None:
        """A like that matches is noted nowhere, for what is taken is in nobody's deck."""
        pickup, other = make_pickup(), make_pickup()
        swipe(client, pickup, "like")
        while_matched = swiped(), ids(client)
        match = Match.objects.get()
        release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())

        assert while_matched == (0, [str(other.pk)])
        assert Pickup.objects.get(pk=pickup.pk).status == "open"
        assert ids(client) == [str(other.pk)]
        assert compare_tiles() == []


class TestTile:
    def test_forgets_what_has_closed_when_many_have_come(self, client: APIClient, collector: Collector) -> None:
        now = read_clock()
        for _ in range(3):
            make_pickup(now=now - timedelta(days=8))
        expire_due_pickups(now=now)
        kept = len(of_tile("numbers"))
        with connection.cursor() as cursor:
            cursor.execute("UPDATE geo_tile SET since_swept = 64")
        pickup = make_pickup()

        assert (kept, len(of_tile("numbers"))) == (3, 1)
        assert ids(client) == [str(pickup.pk)]

    def test_is_done_though_something_closed_unseen_until_it_opens_again(
        self, client: APIClient, collector: Collector
    ) -> None:
        pickup, closed = make_pickup(), make_pickup()
        Pickup.objects.filter(pk=closed.pk).update(status="matched")
        swipe(client, pickup)
        was_done = of_tile("newest") == done() != []
        Pickup.objects.filter(pk=closed.pk).update(status="open")

        assert was_done
        assert ids(client) == [str(closed.pk)]

    def test_that_is_full_hides_nothing(self, client: APIClient, collector: Collector) -> None:
        make_pickup()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE geo_tile SET drawn = 1048575")
        make_pickup()

        assert of_tile("is_full")
        assert len(ids(client)) == 2


def done() -> list[int]:
    """The squares of the one tile that the collector has swiped whole."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT done FROM geo_tile_swiped")
        ((names,),) = cursor.fetchall()
    return list(names)


def swiped() -> int:
    """How many numbers are noted as swiped."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(size), 0) FROM geo_tile_swiped")
        (count,) = cursor.fetchone()
    return int(count)
