"""Every pair of actions, run concurrently, has the outcome of running them in one order or the other."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache, partial
from itertools import combinations_with_replacement
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import transaction
from django.db.models import QuerySet

from backend.core.db.prepared import fetch_prepared
from backend.core.errors import DomainError
from geo.lifecycle import locks
from geo.models import Pickup
from tests.races.concurrency import race_threads, require_consistent, require_no_errors
from tests.races.scenarios import PERIODIC, SAFE_PAIRS, SCENARIOS, Scenario, outcome_of

Pair = tuple[str, str]
Race = Callable[[list[Callable[[], str]]], list[str]]
PARTS = 2
TIMEOUT_S = 5
DELAY_STEP_S = 0.02
TRIES = 30


def pairs_of(start: str) -> list[Pair]:
    """Every pair of actions, including the same action twice."""
    return list(combinations_with_replacement(SCENARIOS[start][1], 2))


def run(name: str, scenario: Scenario, start: str) -> str:
    """Run an action and return the code of its refusal, or an empty string."""
    try:
        SCENARIOS[start][1][name](scenario)
    except DomainError as error:
        return error.code
    return ""


def run_periodic(scenario: Scenario, start: str, pair: Pair) -> None:
    """Run the pair's periodic tasks again, as they skip a locked pickup."""
    for name in {*pair} & {*PERIODIC}:
        run(name, scenario, start)


@cache
def outcomes_of(start: str) -> Mapping[Pair, Any]:
    """The outcome of each pair of actions in sequence: the refusals by action, and the final state.

    Cached for all pairs and attempts, and rolled back.
    """
    scenario, actions, outcomes = SCENARIOS[start][0](), SCENARIOS[start][1], {}
    for first in actions:
        with rolled_back():
            code = run(first, scenario, start)
            for second in actions:
                with rolled_back():
                    refusals = sorted([(first, code), (second, run(second, scenario, start))])
                    run_periodic(scenario, start, (first, second))
                    outcomes[first, second] = refusals, outcome_of(scenario)
    return outcomes


@contextmanager
def rolled_back() -> Iterator[None]:
    """Roll back whatever the block does."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def run_concurrently(scenario: Scenario, start: str, pair: Pair, race: Race) -> Any:
    """Run the pair concurrently, commit, and return the outcome."""
    codes = race([partial(run, name, scenario, start) for name in pair])
    require_no_errors(codes)
    run_periodic(scenario, start, pair)
    require_consistent(scenario.pickup.pk)
    return sorted(zip(pair, codes, strict=True)), outcome_of(scenario)


def require_serial_outcome(start: str, pair: Pair, race: Race) -> None:
    """The outcome is that of one order or the other."""
    possible = [outcomes_of(start)[order] for order in (pair, pair[::-1])]
    assert run_concurrently(SCENARIOS[start][0](), start, pair, race) in possible, (start, pair)


@pytest.fixture
def race(committed: None) -> Iterator[Race]:
    """A race of two threads."""
    with race_threads(2) as race:
        yield race


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("start", SCENARIOS)
def test_every_pair_has_a_serial_outcome(start: str, part: int, race: Race) -> None:
    for pair in pairs_of(start)[part::PARTS]:
        require_serial_outcome(start, pair, race)


class ReadBarrier(QuerySet[Any]):
    """Replaces `select_for_update`: reads without a lock, and waits until the other thread has read too.

    A random delay then varies the order, as some pairs fail only in one order.
    """

    both: Barrier
    delay_max_s: float
    here = threading.local()

    def first(self) -> Any:
        """The row, after the other thread has read it too."""
        found = super().first()
        self.wait()
        return found

    @classmethod
    def wait(cls) -> None:
        """Wait once per thread, and give up on a thread that never reads."""
        is_racing = threading.current_thread() is not threading.main_thread()
        if is_racing and getattr(cls.here, "waited_for", None) is not cls.both:
            cls.here.waited_for = cls.both
            with suppress(BrokenBarrierError):
                cls.both.wait(TIMEOUT_S)
            time.sleep(random.uniform(0, cls.delay_max_s))


def read_unlocked(queryset: QuerySet[Any], **options: Any) -> QuerySet[Any]:
    """Read without a lock; for a pickup, both threads read before either goes on."""
    reading = queryset.all()
    if queryset.model is Pickup:
        reading.__class__ = ReadBarrier
    return reading


def fetch_and_wait(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """As `read_unlocked`, for the prepared statement of a swipe."""
    rows = fetch_prepared(statement.replace("FOR NO KEY UPDATE", ""), values)
    ReadBarrier.wait()
    return rows


@pytest.fixture
def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the services without locks."""
    monkeypatch.setattr(QuerySet, "select_for_update", read_unlocked)
    monkeypatch.setattr(locks, "fetch_prepared", fetch_and_wait)


def fails(start: str, pair: Pair, race: Race) -> bool:
    """Whether an unlocked pair fails within `TRIES` attempts.

    Every other attempt lets both go on at once. In the others the delay between them grows, so that a busy machine does
    not hide a failure.
    """
    for attempt in range(1, TRIES + 1):
        ReadBarrier.both, ReadBarrier.delay_max_s = Barrier(2), DELAY_STEP_S * attempt * (attempt % 2)
        try:
            require_serial_outcome(start, pair, race)
        except AssertionError:
            return True
    return False


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("start", SCENARIOS)
def test_pairs_would_fail_without_the_lock(start: str, part: int, race: Race, without_lock: None) -> None:
    """The control."""
    unsafe = [pair for pair in pairs_of(start) if pair[1] not in SAFE_PAIRS[start].get(pair[0], ())]

    assert [pair for pair in unsafe[part::PARTS] if not fails(start, pair, race)] == []
