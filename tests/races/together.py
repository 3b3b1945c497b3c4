"""Starting things at the same instant, and looking whether what is left agrees with itself."""

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

PATIENCE_S = 60
CLOSED = {"cancelled", "expired", "handed_over"}


def at_once(actions: Sequence[Callable[[], Any]], *, patience_s: int = PATIENCE_S) -> list[Any]:
    """Run each action in a thread of its own, all from one barrier; its result, or the exception it raised."""
    with crew(len(actions)) as race:
        return race(actions, patience_s)


@contextmanager
def crew(size: int) -> Iterator[Callable[..., list[Any]]]:
    """The same for many races one after the other: opening its connections takes longer than a race of two."""
    barrier = Barrier(size, timeout=PATIENCE_S)

    def run(action: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return action()
        except Exception as error:
            return error

    with ThreadPoolExecutor(size) as threads:

        def race(actions: Sequence[Callable[[], Any]], patience_s: int = PATIENCE_S) -> list[Any]:
            return [future.result(patience_s) for future in [threads.submit(run, action) for action in actions]]

        try:
            yield race
        finally:
            race([connections.close_all] * size)


def require_answers(results: Sequence[Any]) -> None:
    """Everybody got a result or a refusal: no deadlock, nothing that would be an error of the server."""
    broken = [repr(result) for result in results if isinstance(result, Exception)]
    assert all(isinstance(result, DomainError) for result in results if isinstance(result, Exception)), broken


def require_agreement(pickup_id: UUID) -> None:
    """A pickup, its matches, likes and receipt tell one story."""
    pickup = Pickup.objects.get(pk=pickup_id)
    statuses = Counter(Match.objects.filter(pickup=pickup).values_list("status", flat=True))
    likes = Swipe.objects.filter(pickup=pickup, direction="like")

    assert statuses["active"] == (pickup.status == "matched"), (pickup.status, statuses)
    assert statuses["completed"] == (pickup.status == "handed_over"), (pickup.status, statuses)
    assert Receipt.objects.filter(match__pickup=pickup).count() == statuses["completed"]
    assert likes.filter(like_state="matched").count() == statuses["active"] + statuses["completed"]
    assert likes.filter(like_state="asked").count() == (pickup.reserved_until is not None), "asked is not reserved"
    assert not (pickup.status in CLOSED and likes.filter(like_state__in=Swipe.QUEUED).exists()), (
        "somebody waits in vain"
    )
