"""A whole city's thumbs: 64 threads on many pickups, several likes for each, all at the same instant."""

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
from tests.races import naive
from tests.races.together import at_once, require_answers

THREADS = 64


@dataclass(frozen=True)
class Thumb:
    """One like: when it began, and when its answer was there."""

    pickup_id: UUID
    collector_id: UUID
    began: float
    ended: float


def make_pickups(count: int) -> list[UUID]:
    """Open first-come pickups, of which only the first was made with all its contents."""
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


def like_all(collector: User, pickup_ids: Sequence[UUID]) -> list[Thumb]:
    """One after the other, as fast as the service answers."""
    thumbs = []
    for pickup_id in pickup_ids:
        began = perf_counter()
        record_swipe(collector_id=collector.pk, pickup_id=pickup_id, direction="like", now=read_clock())
        thumbs.append(Thumb(pickup_id, collector.pk, began, perf_counter()))
    return thumbs


def shares(pickup_ids: Sequence[UUID], likes: Sequence[int]) -> list[list[UUID]]:
    """For each thread its pickups: every pickup goes to as many as `likes` says in turn."""
    taken: list[list[UUID]] = [[] for _ in range(THREADS)]
    dice = random.Random(7)
    for pickup_id, count in zip(pickup_ids, cycle(likes)):
        for thread in dice.sample(range(THREADS), count):
            taken[thread].append(pickup_id)
    return taken


def require_one_match_each(pickup_ids: Sequence[UUID]) -> None:
    """Every pickup has exactly one live match, and says so."""
    matched = list(Match.objects.filter(status="active").values_list("pickup_id", flat=True))
    assert sorted(matched) == sorted(pickup_ids)
    assert set(Pickup.objects.values_list("status", flat=True)) == {"matched"}


def require_queues_in_order(thumbs: Sequence[Thumb]) -> None:
    """No like is lost, numbers have no gap, the first has the match.

    Whoever had his answer before another began is ahead of him.
    """
    numbers: dict[tuple[UUID, UUID], int] = {}
    queues: dict[UUID, list[tuple[int, str]]] = defaultdict(list)
    rows = Swipe.objects.values_list("pickup_id", "collector_id", "queue_number", "like_state")
    for pickup_id, collector_id, number, state in rows.order_by("queue_number"):
        assert number is not None
        numbers[pickup_id, collector_id] = number
        queues[pickup_id].append((number, state))
    assert len(numbers) == len(thumbs)
    by_pickup = defaultdict(list)
    for thumb in thumbs:
        by_pickup[thumb.pickup_id].append(thumb)
    for pickup_id, group in by_pickup.items():
        behind = [(number, "waiting") for number in range(2, len(group) + 1)]
        assert queues[pickup_id] == [(1, "matched"), *behind]
    for one, other in (pair for group in by_pickup.values() for pair in combinations(group, 2)):
        _require_order(one, other, numbers)


def _require_order(one: Thumb, other: Thumb, numbers: dict[tuple[UUID, UUID], int]) -> None:
    first, second = (one, other) if one.ended < other.ended else (other, one)
    if first.ended < second.began:
        ahead, behind = (numbers[thumb.pickup_id, thumb.collector_id] for thumb in (first, second))
        assert ahead < behind, (first, second)


def race(pickup_ids: Sequence[UUID], likes: Sequence[int]) -> list[Thumb]:
    """Everybody likes his share; all must get an answer."""
    collectors = [make_collecting_user() for _ in range(THREADS)]
    results = at_once(
        [partial(like_all, *share) for share in zip(collectors, shares(pickup_ids, likes), strict=True)],
        patience_s=240,
    )
    require_answers(results)
    return [thumb for thumbs in results for thumb in thumbs]


@pytest.fixture(autouse=True)
def room(settings: Settings) -> None:
    """Nobody stops at a limit."""
    settings.MATCHES_ACTIVE_MAX = settings.LIKES_WAITING_MAX = 10_000


class TestSixtyFourThreads:
    @pytest.mark.parametrize(("count", "likes"), [(80, [3]), pytest.param(1_000, [2, 1], marks=pytest.mark.slow)])
    def test_make_one_match_each_and_queues_in_order(self, count: int, likes: list[int]) -> None:
        pickup_ids = make_pickups(count)

        thumbs = race(pickup_ids, likes)

        require_one_match_each(pickup_ids)
        require_queues_in_order(thumbs)

    def test_would_lose_likes_without_the_lock(self) -> None:
        """The control: all have looked before the first writes, and most of them see an error of the server."""
        pickup_ids, all_looked = make_pickups(8), Barrier(THREADS, timeout=60)
        collectors = [make_collecting_user() for _ in range(THREADS)]

        results = at_once(
            [
                partial(naive.like, pickup_ids[number % 8], one.pk, meanwhile=all_looked.wait)
                for number, one in enumerate(collectors)
            ]
        )

        assert {type(result) for result in results if result} == {IntegrityError}
        assert Swipe.objects.count() == 8
        with pytest.raises(AssertionError):
            require_answers(results)

    def test_would_be_seen_to_overtake(self) -> None:
        """The control: two who came one after the other, and stand in the queue the other way round."""
        (pickup_id,), collectors = make_pickups(1), [make_collecting_user() for _ in range(3)]
        thumbs = [thumb for collector in collectors for thumb in like_all(collector, [pickup_id])]
        require_queues_in_order(thumbs)

        for number, collector in ((9, collectors[1]), (2, collectors[2]), (3, collectors[1])):
            Swipe.objects.filter(collector=collector).update(queue_number=number)

        with pytest.raises(AssertionError):
            require_queues_in_order(thumbs)
