"""What every periodic task does around its work."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Protocol

from procrastinate.contrib.django import app

from backend.core.clock import read_clock
from notifications.services.upkeep import record_run


class Task(Protocol):
    """What the queue calls; `timestamp` is when it was to run, in seconds of the epoch."""

    def __call__(self, timestamp: int) -> None:
        """Do it."""


def periodic(*, name: str, cron: str, priority: int = 0) -> Callable[[Callable[[datetime], None]], Task]:
    """Make the function a task that runs by the clock, is given the time, and is recorded when it went well.

    One that raises is missed by `/readyz`, once it should have run five minutes ago.
    """

    def register(work: Callable[[datetime], None]) -> Task:
        @wraps(work)
        def run(timestamp: int) -> None:
            now = read_clock()
            work(now)
            record_run(name=name, now=now)

        return app.periodic(cron=cron)(app.task(name=name, priority=priority)(run))

    return register


def repeat(step: Callable[[], int], *, batch: int) -> None:
    """Run `step`, which does at most `batch` and says how many, until it finds less to do."""
    while step() == batch:
        pass
