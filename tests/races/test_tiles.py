"""The lists with which a deck steps over what was swiped, while their pickups are swiped, rewound, opened and closed.

What goes wrong here hides a pickup. The controls keep the lists by reading them first and writing them later.
"""

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from backend.accounts.models import User
from backend.shared.clock import read_clock
from backend.shared.prepared import fetch_prepared
from geo.models import Pickup, Swipe
from geo.selectors.deck_sql import DeckQuery
from geo.selectors.deck_unseen import reaches, unseen_sql
from geo.services.cancel import cancel_pickup
from geo.services.swipes import take_swipe_back
from geo.services.tiles import compare_tiles, rebuild_tiles
from tests.makers_geo import LUMPHINI, make_pickup
from tests.makers_match import make_collecting_user, swipe
from tests.races.together import at_once, require_answers

ROUNDS = 8
Meanwhile = Callable[[], Any]


def unseen(viewer: User) -> set[Any]:
    """What his deck deals from the lists alone."""
    query = DeckQuery(viewer_id=viewer.pk, lat=LUMPHINI.y, lon=LUMPHINI.x, radius_m=5_000, limit=20, now=read_clock())
    rows = fetch_prepared(*unseen_sql(query))
    assert reaches(query, rows[0][4])
    return {UUID(row[0]) for row in rows if row[0]}


def rewind(viewer: User, pickup: Pickup) -> None:
    take_swipe_back(collector_id=viewer.pk, pickup_id=pickup.pk, now=read_clock())


def cancel(pickup: Pickup) -> None:
    cancel_pickup(resident_id=pickup.resident_id, pickup_id=pickup.pk, now=read_clock())


def fetch(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
    return rows


@pytest.fixture
def untriggered(committed: None) -> Iterator[None]:
    """For controls: swipes are noted by hand."""
    fetch("ALTER TABLE geo_swipe DISABLE TRIGGER swiped_new")
    yield
    fetch("ALTER TABLE geo_swipe ENABLE TRIGGER swiped_new")


def note_naively(viewer: User, pickup: Pickup, *, meanwhile: Meanwhile) -> None:
    """Look at his list, let others do something, and write what it should be then."""
    Swipe.objects.create(
        pickup=pickup, collector=viewer, direction="pass", pickup_revision=pickup.revision, swiped_at=read_clock()
    )
    ((tile, number, mine, numbers),) = fetch(
        "SELECT geo_tile.tile, tile_number, swiped.numbers, geo_tile.numbers FROM geo_pickup JOIN geo_tile USING (tile)"
        " LEFT JOIN geo_tile_swiped swiped ON swiped.tile = geo_tile.tile AND collector_id = %s"
        " WHERE geo_pickup.id = %s",
        viewer.pk, pickup.pk,
    )  # fmt: skip
    meanwhile()
    mine = sorted({*(mine or []), number})
    fetch(
        "INSERT INTO geo_tile_swiped (collector_id, tile, numbers, done)"
        " SELECT %s, tile, %s, CASE WHEN %s THEN newest ELSE '{}' END FROM geo_tile WHERE tile = %s"
        " ON CONFLICT (collector_id, tile) DO UPDATE SET numbers = excluded.numbers, done = excluded.done",
        viewer.pk, mine, set(numbers) <= set(mine), tile,
    )  # fmt: skip


class TestTwoSwipesOfOneCollector:
    """In one square, from two of his phones."""

    def test_are_both_noted(self) -> None:
        for _ in range(ROUNDS):
            viewer, pickups = make_collecting_user(), [make_pickup(), make_pickup()]

            require_answers(at_once([partial(swipe, viewer, pickup, "pass") for pickup in pickups]))

            self.require_both(viewer)
            assert unseen(viewer) == set()
            for pickup in pickups:
                cancel(pickup)

    def require_both(self, viewer: User) -> None:
        assert fetch("SELECT size FROM geo_tile_swiped WHERE collector_id = %s", viewer.pk) == [(2,)]

    def test_would_lose_one_without_the_lock(self, untriggered: None) -> None:
        """The control: this test can see the failure."""
        viewer, both_looked = make_collecting_user(), Barrier(2)

        at_once([partial(note_naively, viewer, make_pickup(), meanwhile=both_looked.wait) for _ in range(2)])

        with pytest.raises(AssertionError):
            self.require_both(viewer)


class TestSwipeAndRewind:
    """Of one collector, in one square: one makes it done, the other undoes it."""

    def test_hide_nothing(self) -> None:
        for _ in range(ROUNDS):
            viewer, old, new = make_collecting_user(), make_pickup(), make_pickup()
            swipe(viewer, old, "pass")

            require_answers(at_once([partial(swipe, viewer, new, "pass"), partial(rewind, viewer, old)]))

            assert unseen(viewer) == {old.pk}
            assert compare_tiles() == []
            cancel(old)
            cancel(new)

    def test_would_hide_it_without_the_lock(self, untriggered: None) -> None:
        """The control: this test can see the failure."""
        viewer, old, new = make_collecting_user(), make_pickup(), make_pickup()
        note_naively(viewer, old, meanwhile=lambda: None)

        note_naively(viewer, new, meanwhile=Swipe.objects.filter(collector=viewer, pickup=old).delete)

        assert unseen(viewer) == set()
        assert {one.pickup_id for one in compare_tiles()} == {old.pk}


class TestSwipeAndPosting:
    """The last pickup of a square and a tile is swiped while another opens there."""

    def test_hide_nothing(self) -> None:
        for _ in range(ROUNDS):
            viewer, resident, last = make_collecting_user(), make_collecting_user(), make_pickup()

            answers = at_once([partial(swipe, viewer, last, "pass"), partial(make_pickup, resident=resident)])

            require_answers(answers)
            assert unseen(viewer) == {answers[1].pk}
            assert compare_tiles() == []
            cancel(last)
            cancel(answers[1])

    def test_would_hide_it_when_done_is_said_of_what_is_now(self, untriggered: None) -> None:
        """The control: this test can see the failure."""
        viewer, last, posted = make_collecting_user(), make_pickup(), list[Pickup]()

        note_naively(viewer, last, meanwhile=lambda: posted.append(make_pickup()))

        assert unseen(viewer) == set()
        assert {one.pickup_id for one in compare_tiles()} == {posted[0].pk}


class TestSwipeAndClosing:
    """A pickup closes while it is swiped; one beside it stays."""

    def test_leave_a_deck_and_lists_that_agree(self) -> None:
        stays = make_pickup()
        for _ in range(ROUNDS):
            viewer, closes = make_collecting_user(), make_pickup()

            require_answers(at_once([partial(swipe, viewer, closes, "pass"), partial(cancel, closes)]))

            assert unseen(viewer) == {stays.pk}
            assert compare_tiles() == []


class TestMigration:
    """Names are given by the new functions alone."""

    def test_waits_for_who_opens_a_pickup(self) -> None:
        rule = import_module("geo.migrations.0023_sheets").Migration.operations[0].sql

        with transaction.atomic():
            make_pickup()
            (refusal,) = at_once([lambda: connection.cursor().execute(f"SET lock_timeout = '200ms'; {rule}")])

        assert "lock timeout" in str(refusal)


class TestRebuilding:
    """While all goes on."""

    def test_hides_nothing(self) -> None:
        viewers, kept = [make_collecting_user() for _ in range(3)], [make_pickup() for _ in range(6)]
        residents = [make_collecting_user() for _ in range(3)]
        for viewer in viewers:
            for pickup in kept[:3]:
                swipe(viewer, pickup, "pass")

        for _ in range(4):
            answers = at_once(
                [rebuild_tiles]
                + [partial(_swipe_and_rewind, viewer, kept) for viewer in viewers]
                + [partial(_post_and_cancel, resident) for resident in residents]
            )
            require_answers(answers)
            assert compare_tiles() == []

        for viewer in viewers:
            assert unseen(viewer) == {pickup.pk for pickup in kept if not _has_swiped(viewer, pickup)} | {
                pickup.pk for pickup in Pickup.objects.filter(resident__in=residents, status="open")
            }

    def test_would_hide_what_is_rewound_meanwhile_without_the_lock(self) -> None:
        """The control: this test can see the failure."""
        viewer, pickup = make_collecting_user(), make_pickup()
        swipe(viewer, pickup, "pass")
        read = fetch("SELECT collector_id, tile, numbers FROM geo_tile_swiped")

        rewind(viewer, pickup)
        for row in read:
            fetch("UPDATE geo_tile_swiped SET numbers = %s WHERE collector_id = %s AND tile = %s", row[2], *row[:2])

        assert [one.pickup_id for one in compare_tiles()] == [pickup.pk]


def _swipe_and_rewind(viewer: User, pickups: list[Pickup]) -> None:
    for pickup in pickups:
        swipe(viewer, pickup, "pass")
    for pickup in pickups[::2]:
        rewind(viewer, pickup)


def _post_and_cancel(resident: User) -> None:
    cancel(make_pickup(resident=resident))
    make_pickup(resident=resident)


def _has_swiped(viewer: User, pickup: Pickup) -> bool:
    return Swipe.objects.filter(collector=viewer, pickup=pickup).exists()
