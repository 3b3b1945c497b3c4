"""What has not run for too long: people whose pushes are overdue, jobs, and periodic tasks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from procrastinate.contrib.django import app
from procrastinate.periodic import PeriodicTask

from notifications.models import EventCounter, PeriodicRun, SetAside

OVERDUE_AFTER = timedelta(minutes=5)
# Nobody needs to know more exactly; `/readyz` is asked every few seconds, and must not get slower with what waits.
COUNT_MAX = 1_000
# A job has no time of its own: it waits since it was put down, or since the time it was put down for.
_JOBS = """
    WITH todo AS (SELECT id, scheduled_at FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id LIMIT %(most)s)
    SELECT count(*), (
               SELECT count(*) FROM (SELECT FROM procrastinate_jobs WHERE status = 'failed' LIMIT %(most)s) AS failed
           ), min(GREATEST(todo.scheduled_at, event.at))
    FROM todo
    LEFT JOIN LATERAL (
        SELECT max(at) AS at FROM procrastinate_events
        WHERE job_id = todo.id AND type IN ('deferred', 'deferred_for_retry', 'retried')
    ) AS event ON true
"""


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """How much waits, counted up to `COUNT_MAX`, and since when the oldest of it."""

    waiting: int
    set_aside: int
    since: datetime | None

    def said(self, what: str) -> str:
        """The number of them, in words."""
        return f"{self.waiting}{' or more' if self.waiting == COUNT_MAX else ''} {what}"

    def age_s(self, now: datetime) -> float:
        """Seconds; 0 when nothing waits or nothing is due yet."""
        return max((now - self.since).total_seconds(), 0) if self.since else 0


def people_backlog(now: datetime) -> Backlog:
    """People whose pushes are due."""
    due = EventCounter.objects.filter(wake_at__lte=now)
    oldest = due.order_by("wake_at").values_list("wake_at", flat=True).first()
    return Backlog(waiting=_count(due), set_aside=_count(SetAside.objects.all()), since=oldest)


def _count(rows: QuerySet[Any]) -> int:
    return rows.order_by()[:COUNT_MAX].count()


def job_backlog() -> Backlog:
    """Jobs of the queue."""
    with connection.cursor() as cursor:
        cursor.execute(_JOBS, {"most": COUNT_MAX})
        waiting, set_aside, since = cursor.fetchone() or (0, 0, None)
    return Backlog(waiting=waiting, set_aside=set_aside, since=since)


def last_runs() -> dict[str, datetime]:
    """When each periodic task last did its work; one that never did counts from when a worker first knew of it."""
    return dict(PeriodicRun.objects.order_by("name").values_list("name", "last_run_at"))


def periodic_tasks() -> list[str]:
    """The names of all periodic tasks."""
    return sorted(_periodic())


def overdue_tasks(now: datetime) -> list[str]:
    """The periodic tasks that should have run five minutes ago, and have not."""
    tasks = _periodic()
    return [name for name, ran_at in last_runs().items() if name in tasks and _is_late(tasks[name], ran_at, now)]


def _periodic() -> "dict[str, PeriodicTask[..., object, ...]]":
    return {name: task for (name, _), task in app.periodic_registry.periodic_tasks.items()}


def _is_late(task: "PeriodicTask[..., object, ...]", ran_at: datetime, now: datetime) -> bool:
    due_at: float = task.croniter.get_next(ret_type=float, start_time=ran_at.timestamp())
    return now.timestamp() > due_at + OVERDUE_AFTER.total_seconds()


def alarms(now: datetime) -> Iterator[str]:
    """What somebody should look at, in words."""
    for what, backlog in (("people to be pushed to", people_backlog(now)), ("jobs", job_backlog())):
        if backlog.age_s(now) > OVERDUE_AFTER.total_seconds():
            yield f"{backlog.said(what)}, waiting for {backlog.age_s(now):.0f} s"
    for name in overdue_tasks(now):
        yield f"{name} has not run"
