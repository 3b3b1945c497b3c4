"""The likes of a whole city: 64 threads on many pickups, with several likes for each, concurrently."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import combinations, cycle
from threading import Barrier
from time import perf_counter
from uuid import UUID

import pytest
from django.db import IntegrityError
from pytest_django import Settings

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.matching.services.swipes import record_swipe
from geo.models import Match, Pickup, Swipe
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user
from tests.factories.people import make_user
from tests.races import unlocked
from tests.races.concurrency import at_once, require_no_errors

THREADS = 64


@dataclass(frozen=True)
class TimedLike:
    """One like, with the times of its call and its return."""

    pickup_id: UUID
    collector_id: UUID
    began: float
    ended: float


def make_pickups(count: int) -> list[UUID]:
    """Open first-come pickups; all but the first are copies of its row, without items."""
    first = make_pickup(resident=make_user())
    now = read_clock()
    more = [
        Pickup(
            **{
                field.attname: getattr(first, field.attname)
                for field in Pickup._meta.concrete_fields
                if field.attname not in {"id", "created_at"}
            },
            created_at=now - timedelta(seconds=number),
        )
        for number in range(count - 1)
    ]
    return [first.pk, *(pickup.pk for pickup in Pickup.objects.bulk_create(more))]


def like_all(collector: User, pickup_ids: Sequence[UUID]) -> list[TimedLike]:
    """Like the pickups in sequence."""
    timed = []
    for pickup_id in pickup_ids:
        began = perf_counter()
        record_swipe(collector_id=collector.pk, pickup_id=pickup_id, direction="like", now=read_clock())
        timed.append(TimedLike(pickup_id, collector.pk, began, perf_counter()))
    return timed


def shares(pickup_ids: Sequence[UUID], likes: Sequence[int]) -> list[list[UUID]]:
    """The pickups of each thread; `likes` gives in turn how many threads get a pickup."""
    taken: list[list[UUID]] = [[] for _ in range(THREADS)]
    dice = random.Random(7)
    for pickup_id, count in zip(pickup_ids, cycle(likes)):
        for thread in dice.sample(range(THREADS), count):
            taken[thread].append(pickup_id)
    return taken


def require_one_match_each(pickup_ids: Sequence[UUID]) -> None:
    """Every pickup is matched and has exactly one active match."""
    matched = list(Match.objects.filter(status="active").values_list("pickup_id", flat=True))
    assert sorted(matched) == sorted(pickup_ids)
    assert set(Pickup.objects.values_list("status", flat=True)) == {"matched"}


def require_queues_in_order(timed: Sequence[TimedLike]) -> None:
    """No like is lost, queue numbers have no gap, and the first like has the match.

    A like that returned before another began has the lower number.
    """
    numbers: dict[tuple[UUID, UUID], int] = {}
    queues: dict[UUID, list[tuple[int, str]]] = defaultdict(list)
    rows = Swipe.objects.values_list("pickup_id", "collector_id", "queue_number", "like_state")
    for pickup_id, collector_id, number, state in rows.order_by("queue_number"):
        assert number is not None
        numbers[pickup_id, collector_id] = number
        queues[pickup_id].append((number, state))
    assert len(numbers) == len(timed)
    by_pickup = defaultdict(list)
    for like in timed:
        by_pickup[like.pickup_id].append(like)
    for pickup_id, group in by_pickup.items():
        behind = [(number, "waiting") for number in range(2, len(group) + 1)]
        assert queues[pickup_id] == [(1, "matched"), *behind]
    for one, other in (pair for group in by_pickup.values() for pair in combinations(group, 2)):
        _require_order(one, other, numbers)


def _require_order(one: TimedLike, other: TimedLike, numbers: dict[tuple[UUID, UUID], int]) -> None:
    first, second = (one, other) if one.ended < other.ended else (other, one)
    if first.ended < second.began:
        ahead, behind = (numbers[like.pickup_id, like.collector_id] for like in (first, second))
        assert ahead < behind, (first, second)


def race(pickup_ids: Sequence[UUID], likes: Sequence[int]) -> list[TimedLike]:
    """Each collector likes a share of the pickups; no call may fail."""
    collectors = [make_collecting_user() for _ in range(THREADS)]
    results = at_once(
        [partial(like_all, *share) for share in zip(collectors, shares(pickup_ids, likes), strict=True)], timeout_s=240
    )
    require_no_errors(results)
    return [like for timed in results for like in timed]


@pytest.fixture(autouse=True)
def room(settings: Settings) -> None:
    """Raise the limits, so that no like is refused."""
    settings.MATCHES_ACTIVE_MAX = settings.LIKES_WAITING_MAX = 10_000


class TestSixtyFourThreads:
    @pytest.mark.parametrize(("count", "likes"), [(80, [3]), pytest.param(1_000, [2, 1], marks=pytest.mark.slow)])
    def test_make_one_match_each_and_queues_in_order(self, count: int, likes: list[int]) -> None:
        pickup_ids = make_pickups(count)

        timed = race(pickup_ids, likes)

        require_one_match_each(pickup_ids)
        require_queues_in_order(timed)

    def test_would_lose_likes_without_the_lock(self) -> None:
        """The control: all threads read before the first writes, and most of them raise an error."""
        pickup_ids, all_read = make_pickups(8), Barrier(THREADS, timeout=60)
        collectors = [make_collecting_user() for _ in range(THREADS)]

        results = at_once(
            [
                partial(unlocked.like, pickup_ids[number % 8], one.pk, meanwhile=all_read.wait)
                for number, one in enumerate(collectors)
            ]
        )

        assert {type(result) for result in results if result} == {IntegrityError}
        assert Swipe.objects.count() == 8
        with pytest.raises(AssertionError):
            require_no_errors(results)

    def test_a_wrong_order_would_be_detected(self) -> None:
        """The control: the queue numbers of two likes are swapped."""
        (pickup_id,), collectors = make_pickups(1), [make_collecting_user() for _ in range(3)]
        timed = [like for collector in collectors for like in like_all(collector, [pickup_id])]
        require_queues_in_order(timed)

        for number, collector in ((9, collectors[1]), (2, collectors[2]), (3, collectors[1])):
            Swipe.objects.filter(collector=collector).update(queue_number=number)

        with pytest.raises(AssertionError):
            require_queues_in_order(timed)
