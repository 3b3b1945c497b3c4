"""What `/readyz` and `/metrics` report: overdue pushes, jobs and periodic tasks, and the circuit breakers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import Error, connection
from django.db.models import QuerySet
from procrastinate.contrib.django import app
from procrastinate.periodic import PeriodicTask
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from backend.core.clock import read_clock
from notifications.models import DeadLetter, EventCounter, PeriodicRun
from notifications.push.circuit_breaker import PLATFORMS, CircuitBreaker, fcm_circuit_breaker, line_circuit_breaker

log = structlog.get_logger(__name__)
CIRCUIT_STATES = ("closed", "probing", "open")
OVERDUE_AFTER = timedelta(minutes=5)
# `/readyz` is called every few seconds and must not get slower with the backlog.
COUNT_MAX = 1_000
# A job waits since it was deferred, or since the time it was scheduled for.
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
    """How much is waiting, counted up to `COUNT_MAX`, and since when the oldest."""

    waiting: int
    failed: int
    since: datetime | None

    def describe(self, what: str) -> str:
        return f"{self.waiting}{' or more' if self.waiting == COUNT_MAX else ''} {what}"

    def age_s(self, now: datetime) -> float:
        """Seconds; 0 when nothing waits or nothing is due yet."""
        return max((now - self.since).total_seconds(), 0) if self.since else 0


def user_backlog(now: datetime) -> Backlog:
    """Users whose pushes are due."""
    due = EventCounter.objects.filter(wake_at__lte=now)
    oldest = due.order_by("wake_at").values_list("wake_at", flat=True).first()
    return Backlog(waiting=_count(due), failed=_count(DeadLetter.objects.all()), since=oldest)


def _count(rows: QuerySet[Any]) -> int:
    return rows.order_by()[:COUNT_MAX].count()


def job_backlog() -> Backlog:
    with connection.cursor() as cursor:
        cursor.execute(_JOBS, {"most": COUNT_MAX})
        waiting, failed, since = cursor.fetchone() or (0, 0, None)
    return Backlog(waiting=waiting, failed=failed, since=since)


def last_runs() -> dict[str, datetime]:
    """When each periodic task last succeeded; for one that never did, when a worker first registered it."""
    return dict(PeriodicRun.objects.order_by("name").values_list("name", "last_run_at"))


def periodic_tasks() -> list[str]:
    return sorted(_periodic())


def overdue_tasks(now: datetime) -> list[str]:
    """The periodic tasks whose run is five minutes late."""
    tasks = _periodic()
    return [name for name, ran_at in last_runs().items() if name in tasks and _is_late(tasks[name], ran_at, now)]


def _periodic() -> "dict[str, PeriodicTask[..., object, ...]]":
    return {name: task for (name, _), task in app.periodic_registry.periodic_tasks.items()}


def _is_late(task: "PeriodicTask[..., object, ...]", ran_at: datetime, now: datetime) -> bool:
    due_at: float = task.croniter.get_next(ret_type=float, start_time=ran_at.timestamp())
    return now.timestamp() > due_at + OVERDUE_AFTER.total_seconds()


def problems(now: datetime) -> Iterator[str]:
    for what, backlog in (("users with due pushes", user_backlog(now)), ("jobs", job_backlog())):
        if backlog.age_s(now) > OVERDUE_AFTER.total_seconds():
            yield f"{backlog.describe(what)}, waiting for {backlog.age_s(now):.0f} s"
    for name in overdue_tasks(now):
        yield f"{name} has not run"


def worker_state() -> str:
    """`ok`, or what is late by five minutes."""
    try:
        return "; ".join(problems(read_clock())) or "ok"
    except Error as error:
        return type(error).__name__


def firebase_state() -> str:
    """`ok`, or which circuits are not closed, and why."""
    return "; ".join(_circuit_problems(_fcm_circuits())) or "ok"


def line_state() -> str:
    """The same for LINE."""
    return "; ".join(_circuit_problems({"line": line_circuit_breaker()})) or "ok"


def _fcm_circuits() -> dict[str, CircuitBreaker]:
    return {platform: fcm_circuit_breaker(platform) for platform in PLATFORMS}


def _circuit_problems(circuits: dict[str, CircuitBreaker]) -> Iterator[str]:
    for name, circuit in circuits.items():
        if (state := circuit.state()) != "closed":
            yield f"{name}: circuit {state} after {circuit.reason() or 'failures'}"


class Gauges(Collector):
    """Gauges of the state that all processes share."""

    def describe(self) -> Iterator[Metric]:
        """Nothing, so that registration runs no query."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """All gauges, or none while the database is down; other metrics stay available."""
        try:
            yield from list(self._read())
        except Error as error:
            log.warning("gauges_unavailable", reason=type(error).__name__)

    def _read(self) -> Iterator[Metric]:
        now = read_clock()
        for prefix, what, backlog in (
            ("push", "users with due pushes", user_backlog(now)),
            ("jobs", "jobs", job_backlog()),
        ):
            yield GaugeMetricFamily(f"{prefix}_waiting", f"Number of {what}, up to {COUNT_MAX}.", backlog.waiting)
            yield GaugeMetricFamily(f"{prefix}_oldest_seconds", f"Age of the oldest of the {what}.", backlog.age_s(now))
            yield GaugeMetricFamily(
                f"{prefix}_set_aside", f"Given up of the {what}, up to {COUNT_MAX}.", backlog.failed
            )
        yield _circuit_gauges()
        ran_at = {name: ran_at.timestamp() for name, ran_at in last_runs().items()}
        yield _task_gauges("periodic_last_run_timestamp", "When the task last succeeded.", ran_at)
        late = set(overdue_tasks(now))
        yield _task_gauges(
            "periodic_overdue", "1 if the run is late.", {name: name in late for name in periodic_tasks()}
        )


def _circuit_gauges() -> Metric:
    labels = ["service", "state"]
    family = GaugeMetricFamily("push_circuit", "1 for the state of each service's circuit.", labels=labels)
    for name, circuit in (_fcm_circuits() | {"line": line_circuit_breaker()}).items():
        state = circuit.state()
        for one in CIRCUIT_STATES:
            family.add_metric([name, one], one == state)
    return family


def _task_gauges(name: str, what: str, values: "dict[str, float] | dict[str, bool]") -> Metric:
    family = GaugeMetricFamily(name, what, labels=["task"])
    for task, value in values.items():
        family.add_metric([task], value)
    return family
