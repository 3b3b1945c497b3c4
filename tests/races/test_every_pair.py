"""Every two things at the same instant: what is left is what one after the other would have left."""

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
from tests.races.staged import CLOCK, PLAYS, TAME, Staged, story_of
from tests.races.together import crew, require_agreement, require_answers

Pair = tuple[str, str]
Race = Callable[[list[Callable[[], str]]], list[str]]
LANES = 2
PATIENCE_S = 5
AHEAD_S = 0.02
TRIES = 30


def pairs_of(play: str) -> list[Pair]:
    """Of all that can happen, every two, and the same twice."""
    return list(combinations_with_replacement(PLAYS[play][1], 2))


def run(name: str, stage: Staged, play: str) -> str:
    """The code of its refusal, or nothing."""
    try:
        PLAYS[play][1][name](stage)
    except DomainError as error:
        return error.code
    return ""


def tick(stage: Staged, play: str, pair: Pair) -> None:
    """What the clock has left because somebody was at it."""
    for name in {*pair} & {*CLOCK}:
        run(name, stage, play)


@cache
def stories_of(play: str) -> Mapping[Pair, Any]:
    """What is left of every two things one after the other: the refusals by name, and the story.

    Played once for all pairs and tries, each start for all that may follow. Nothing of it stays.
    """
    stage, actions, stories = PLAYS[play][0](), PLAYS[play][1], {}
    for first in actions:
        with taken_back():
            code = run(first, stage, play)
            for second in actions:
                with taken_back():
                    refusals = sorted([(first, code), (second, run(second, stage, play))])
                    tick(stage, play, (first, second))
                    stories[first, second] = refusals, story_of(stage)
    return stories


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever happens meanwhile has not happened afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def together(stage: Staged, play: str, pair: Pair, race: Race) -> Any:
    """The same, at the same instant, and to stay."""
    codes = race([partial(run, name, stage, play) for name in pair])
    require_answers(codes)
    tick(stage, play, pair)
    require_agreement(stage.pickup.pk)
    return sorted(zip(pair, codes, strict=True)), story_of(stage)


def require_one_story(play: str, pair: Pair, race: Race) -> None:
    """That of the one order, or that of the other."""
    possible = [stories_of(play)[order] for order in (pair, pair[::-1])]
    assert together(PLAYS[play][0](), play, pair, race) in possible, (play, pair)


@pytest.fixture
def race(committed: None) -> Iterator[Race]:
    """Two threads."""
    with crew(2) as race:
        yield race


@pytest.mark.parametrize("lane", range(LANES))
@pytest.mark.parametrize("play", PLAYS)
def test_every_pair_leaves_one_story(play: str, lane: int, race: Race) -> None:
    for pair in pairs_of(play)[lane::LANES]:
        require_one_story(play, pair, race)


class Looked(QuerySet[Any]):
    """In place of `select_for_update`: it looks, and waits until the other has looked too.

    Then now the one goes on first, now the other: some lose their race only in one order.
    """

    both: Barrier
    here = threading.local()

    def first(self) -> Any:
        """The row, as it was."""
        found = super().first()
        self.wait()
        return found

    @classmethod
    def wait(cls) -> None:
        """Once in a thread; one that never comes to look is not waited for."""
        is_racing = threading.current_thread() is not threading.main_thread()
        if is_racing and getattr(cls.here, "waited_for", None) is not cls.both:
            cls.here.waited_for = cls.both
            with suppress(BrokenBarrierError):
                cls.both.wait(PATIENCE_S)
            time.sleep(random.uniform(0, AHEAD_S))


def look(queryset: QuerySet[Any], **options: Any) -> QuerySet[Any]:
    """Without a lock; where it is a pickup's, with both having looked before either goes on."""
    looking = queryset.all()
    if queryset.model is Pickup:
        looking.__class__ = Looked
    return looking


def fetch_and_wait(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The same for the swiper's locks."""
    rows = fetch_prepared(statement.replace("FOR NO KEY UPDATE", ""), values)
    Looked.wait()
    return rows


@pytest.fixture
def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The services as they are, but for the lock."""
    monkeypatch.setattr(QuerySet, "select_for_update", look)
    monkeypatch.setattr(locks, "fetch_prepared", fetch_and_wait)


def is_seen(play: str, pair: Pair, race: Race) -> bool:
    """Whether this test can tell that a pair has lost its race, which it need not at the first try."""
    for _ in range(TRIES):
        Looked.both = Barrier(2)
        try:
            require_one_story(play, pair, race)
        except AssertionError:
            return True
    return False


@pytest.mark.parametrize("lane", range(LANES))
@pytest.mark.parametrize("play", PLAYS)
def test_pairs_would_go_wrong_without_the_lock(play: str, lane: int, race: Race, without_lock: None) -> None:
    """The control."""
    wild = [pair for pair in pairs_of(play) if pair[1] not in TAME[play].get(pair[0], ())]

    assert [pair for pair in wild[lane::LANES] if not is_seen(play, pair, race)] == []
