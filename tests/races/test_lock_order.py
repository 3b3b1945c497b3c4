"""Tiles come last: whoever holds what is noted of a tile waits for no collector any more."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection, connections, transaction

from backend.shared.clock import read_clock
from geo.models import Match, Pickup, Swipe
from geo.services.drafts import PickupChanges, Price
from geo.services.matches import release_match
from geo.services.pickups import amend_pickup
from geo.services.privacy import erase
from geo.services.swipes import take_swipe_back
from geo.services.tiles import compare_tiles, rebuild_tiles
from tests.makers_geo import make_pickup
from tests.makers_match import make_collecting_user, make_like, make_match, swipe
from tests.races.together import PATIENCE_S, at_once, require_agreement, require_answers
from tests.waits import count_waiting, wait_until

pytestmark = pytest.mark.usefixtures("committed")
LONG_AGO = timedelta(hours=3)
FAR_AWAY = Point(100.60, 13.80, srid=4326)


@contextmanager
def one_behind_the_other(rows: str) -> Iterator[Callable[[Callable[[], Any]], Future[Any]]]:
    """Hold these rows of a table while what is given stops there or before, in this order; then let all go on."""

    def run(action: Callable[[], Any]) -> Any:
        try:
            return action()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:

        def queue(action: Callable[[], Any]) -> Future[Any]:
            ahead = count_waiting()
            future = threads.submit(run, action)
            wait_until(lambda: future.done() or count_waiting() > ahead)
            return future

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT FROM {rows} FOR UPDATE")
            yield queue


def give_back(match: Match) -> Callable[[], Match]:
    return partial(release_match, user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())


class TestTiles:
    def test_an_amendment_and_a_release_want_the_same_collector(self) -> None:
        """She makes it first-come and cheaper while he, who waits there, is to be asked next door."""
        runner_up = make_collecting_user()
        amended, match = make_pickup(choose="resident"), make_match()
        make_like(amended, runner_up)
        swipe(runner_up, match.pickup, now=read_clock() - LONG_AGO)
        changes = PickupChanges(choose="first", price=Price(mode="pays", thb=Decimal(20)))
        amend = partial(
            amend_pickup,
            resident_id=amended.resident_id,
            pickup_id=amended.pk,
            changes=changes,
            now=read_clock(),
        )

        with one_behind_the_other("geo_tile") as queue:
            futures = [queue(amend), queue(give_back(match))]

        for future in futures:
            future.result(PATIENCE_S)
        for pickup_id in (amended.pk, match.pickup_id):
            require_agreement(pickup_id)


class TestSwiped:
    @pytest.mark.parametrize("says_no", [partial(swipe, direction="pass"), None])
    def test_who_says_no_here_is_promoted_there(self, says_no: Callable[..., Any] | None) -> None:
        first, second = make_collecting_user(), make_collecting_user()
        asked, match = make_asked(first), make_match()
        for like in ((second, asked), (first, match.pickup), (second, match.pickup)):
            swipe(*like)
        take_back = partial(take_swipe_back, collector_id=first.pk, pickup_id=asked.pk, now=read_clock())

        with one_behind_the_other("geo_tile_swiped") as queue:
            futures = [queue(partial(says_no, first, asked) if says_no else take_back), queue(give_back(match))]

        for future in futures:
            future.result(PATIENCE_S)
        for pickup_id in (asked.pk, match.pickup_id):
            require_agreement(pickup_id)


class TestListsMadeAnew:
    """`rebuild_tiles` touches much of many people, while all goes on."""

    def test_do_not_wait_for_who_closes_likes(self) -> None:
        """He holds those of many collectors, in whatever order."""
        like = make_like(make_pickup(choose="resident"), make_collecting_user())

        with transaction.atomic():
            Swipe.objects.filter(pk=like.pk).update(like_state="closed")
            answers = at_once([rebuild_impatiently], patience_s=5)

        require_answers(answers)

    def test_and_an_erasure_want_two_tiles_of_a_collector(self) -> None:
        # They are forgotten in the order of their posting, and listed in that of their tiles.
        leaving, pickups = make_collecting_user(), [make_pickup(location=FAR_AWAY), make_pickup()]
        for pickup in pickups:
            swipe(leaving, pickup, "pass")

        with one_behind_the_other(f"geo_tile_swiped WHERE tile = {tile_of(pickups[0])}") as queue:
            futures = [queue(transaction.atomic(partial(erase, user=leaving, now=read_clock()))), queue(rebuild_tiles)]

        for future in futures:
            future.result(PATIENCE_S)
        assert compare_tiles() == []

    def test_twice_at_a_time(self) -> None:
        viewers, pickups = [make_collecting_user() for _ in range(3)], [make_pickup() for _ in range(3)]
        for viewer in viewers:
            for pickup in pickups:
                swipe(viewer, pickup, "pass")

        require_answers(at_once([rebuild_tiles] * 2))

        assert compare_tiles() == []


def rebuild_impatiently() -> None:
    """Or fail, where it waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    rebuild_tiles()


def tile_of(pickup: Pickup) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tile FROM geo_pickup WHERE id = %s", [pickup.pk])
        tile: int = cursor.fetchone()[0]
    return tile


def make_asked(collector: Any) -> Pickup:
    """A pickup for which he is asked."""
    match = make_match()
    swipe(collector, match.pickup, now=read_clock() - LONG_AGO)
    give_back(match)()
    assert Swipe.objects.get(collector=collector, pickup=match.pickup).like_state == "asked"
    return match.pickup
