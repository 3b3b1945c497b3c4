"""Run actions concurrently, and check that the result is consistent."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any
from uuid import UUID

from django.db import connections

from backend.core.errors import DomainError
from geo.models import Match, Pickup, Receipt, Swipe

TIMEOUT_S = 60
CLOSED = {"cancelled", "expired", "handed_over"}


def at_once(actions: Sequence[Callable[[], Any]], *, timeout_s: int = TIMEOUT_S) -> list[Any]:
    """Run each action in its own thread, released by one barrier; returns the results or the raised exceptions."""
    with race_threads(len(actions)) as race:
        return race(actions, timeout_s)


@contextmanager
def race_threads(size: int) -> Iterator[Callable[..., list[Any]]]:
    """As `at_once`, for many races in sequence, which reuse the threads' database connections."""
    barrier = Barrier(size, timeout=TIMEOUT_S)

    def run(action: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return action()
        except Exception as error:
            return error

    with ThreadPoolExecutor(size) as threads:

        def race(actions: Sequence[Callable[[], Any]], timeout_s: int = TIMEOUT_S) -> list[Any]:
            return [future.result(timeout_s) for future in [threads.submit(run, action) for action in actions]]

        try:
            yield race
        finally:
            race([connections.close_all] * size)


def require_no_errors(results: Sequence[Any]) -> None:
    """Every action returned a result or a refusal: no deadlock, and nothing that would be a server error."""
    broken = [repr(result) for result in results if isinstance(result, Exception)]
    assert all(isinstance(result, DomainError) for result in results if isinstance(result, Exception)), broken


def require_consistent(pickup_id: UUID) -> None:
    """The states of a pickup, its matches, likes and receipt are consistent."""
    pickup = Pickup.objects.get(pk=pickup_id)
    statuses = Counter(Match.objects.filter(pickup=pickup).values_list("status", flat=True))
    likes = Swipe.objects.filter(pickup=pickup, direction="like")

    assert statuses["active"] == (pickup.status == "matched"), (pickup.status, statuses)
    assert statuses["completed"] == (pickup.status == "handed_over"), (pickup.status, statuses)
    assert Receipt.objects.filter(match__pickup=pickup).count() == statuses["completed"]
    assert likes.filter(like_state="matched").count() == statuses["active"] + statuses["completed"]
    assert likes.filter(like_state="asked").count() == (pickup.reserved_until is not None), (
        "a like has the state `asked` on a pickup that is not reserved, or the reverse"
    )
    assert not (pickup.status in CLOSED and likes.filter(like_state__in=Swipe.QUEUED).exists()), (
        "a like is queued on a closed pickup"
    )
