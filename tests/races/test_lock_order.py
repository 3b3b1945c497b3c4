"""Services that lock the same collectors lock them in the order of their ids, so they cannot deadlock."""

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

from backend.core.clock import read_clock
from geo.matching.services.matches import release_match
from geo.matching.services.swipes import take_swipe_back
from geo.models import Match, Pickup, Swipe
from geo.pickups.services.changing import PickupChanges, amend_pickup
from geo.pickups.services.posting import Price
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user, make_like, make_match, swipe
from tests.races.concurrency import TIMEOUT_S, require_consistent
from tests.waits import count_waiting, wait_until

pytestmark = pytest.mark.usefixtures("committed")
LONG_AGO = timedelta(hours=3)
FAR_AWAY = Point(100.60, 13.80, srid=4326)


@contextmanager
def run_in_order(rows: str) -> Iterator[Callable[[Callable[[], Any]], Future[Any]]]:
    """Lock `rows` until each queued action, started in order, waits for a lock or is done; then release them."""

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


def release(match: Match) -> Callable[[], Match]:
    return partial(release_match, user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())


class TestCollectors:
    def test_an_amendment_and_a_release_lock_the_same_collector(self) -> None:
        """The amendment promotes the collector whom the release asks about another pickup."""
        runner_up = make_collecting_user()
        amended, match = make_pickup(choose="resident"), make_match()
        make_like(amended, runner_up)
        swipe(runner_up, match.pickup, now=read_clock() - LONG_AGO)
        changes = PickupChanges(choose="first", price=Price(mode="pays", thb=Decimal(20)))
        amend = partial(
            amend_pickup, resident_id=amended.resident_id, pickup_id=amended.pk, changes=changes, now=read_clock()
        )

        with run_in_order("geo_collector") as queue:
            futures = [queue(amend), queue(release(match))]

        for future in futures:
            future.result(TIMEOUT_S)
        for pickup_id in (amended.pk, match.pickup_id):
            require_consistent(pickup_id)

    @pytest.mark.parametrize("refuse", [partial(swipe, direction="pass"), None])
    def test_a_collector_who_refuses_one_pickup_is_promoted_on_another(self, refuse: Callable[..., Any] | None) -> None:
        first, second = make_collecting_user(), make_collecting_user()
        asked, match = make_asked(first), make_match()
        for like in ((second, asked), (first, match.pickup), (second, match.pickup)):
            swipe(*like)
        withdraw = partial(take_swipe_back, collector_id=first.pk, pickup_id=asked.pk, now=read_clock())

        with run_in_order("geo_collector") as queue:
            futures = [queue(partial(refuse, first, asked) if refuse else withdraw), queue(release(match))]

        for future in futures:
            future.result(TIMEOUT_S)
        for pickup_id in (asked.pk, match.pickup_id):
            require_consistent(pickup_id)


def make_asked(collector: Any) -> Pickup:
    """A pickup that `collector` must confirm."""
    match = make_match()
    swipe(collector, match.pickup, now=read_clock() - LONG_AGO)
    release(match)()
    assert Swipe.objects.get(collector=collector, pickup=match.pickup).like_state == "asked"
    return match.pickup
