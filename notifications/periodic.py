"""Periodic tasks: registering them, and recording their runs so that a stopped one is noticed."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import Protocol

from procrastinate.contrib.django import app

from backend.core.clock import read_clock
from notifications.models import PeriodicRun


class Task(Protocol):
    """What the queue calls. `timestamp` is the scheduled time in seconds since 1970."""

    def __call__(self, timestamp: int) -> None:
        """Run the task."""


def periodic(*, name: str, cron: str, priority: int = 0) -> Callable[[Callable[[datetime], None]], Task]:
    """Make the function a periodic task. It gets the time, and each run that succeeds is recorded.

    `/readyz` reports a task whose run is five minutes late.
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
    """Call `step`, which handles up to `batch` items and returns how many, until it returns less."""
    while step() == batch:
        pass


def record_run(*, name: str, now: datetime) -> None:
    """Store that this periodic task has succeeded."""
    row = PeriodicRun(name=name, last_run_at=now)
    PeriodicRun.objects.bulk_create([row], update_conflicts=True, unique_fields=["name"], update_fields=["last_run_at"])


def expect_runs(*, names: Iterable[str], now: datetime) -> None:
    """Report these tasks as late from now on, even if they never run."""
    PeriodicRun.objects.bulk_create([PeriodicRun(name=name, last_run_at=now) for name in names], ignore_conflicts=True)
