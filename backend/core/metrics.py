"""Metrics for Prometheus: those that several modules count, and how a process reports them.

A metric is defined beside the code that updates it. Its labels take few values: routes, codes and names, never ids.
"""

import os
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from django.db import transaction
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
REQUEST_SECONDS = Histogram(
    "http_request_seconds",
    "Time to answer a request, by route.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REFUSALS = Counter("http_refusals", "Requests refused, by route and the code of the problem.", ["route", "code"])
THREADS = Gauge("http_threads", "HTTP_THREADS of all workers together.", multiprocess_mode="livesum")
THREADS_BUSY = Gauge("http_threads_busy", "Requests being served now.", multiprocess_mode="livesum")
QUEUED = Gauge("http_queued", "Requests that wait for a thread.", multiprocess_mode="livesum")
JOB_SECONDS = Histogram(
    "job_seconds",
    "Time a job took, by task and whether it succeeded.",
    ["task", "outcome"],
    buckets=(0.1, 0.5, 1, 5, 15, 60, 300, 1800),
)
SHARED_DIR = "PROMETHEUS_MULTIPROC_DIR"

_of_all_processes: list[Collector] = []


def note_request(method: str, route: str, status: int, seconds: float) -> None:
    _times_of(method if method in METHODS else "other", route, status).observe(seconds)


def note_refusal(route: str, code: str) -> None:
    _refusals_of(route, code).inc()


_times_of = lru_cache(maxsize=10_000)(REQUEST_SECONDS.labels)
_refusals_of = lru_cache(maxsize=10_000)(REFUSALS.labels)


def count_on_commit(counter: Counter, **labels: str) -> None:
    """Increment the counter once the current transaction has committed."""
    transaction.on_commit(partial(_count, counter.labels(**labels).inc), robust=True)


def _count(increment: Callable[[], None]) -> None:
    """A named function, because Django logs the name of a callback that fails."""
    increment()


async def measure_job(call_next: Callable[[], Awaitable[Any]], context: Any, worker: Any) -> Any:
    """Measure each job: a middleware of its worker."""
    started, outcome = time.perf_counter(), "failed"
    try:
        result = await call_next()
        outcome = "succeeded"
        return result
    finally:
        JOB_SECONDS.labels(context.job.task_name, outcome).observe(time.perf_counter() - started)


def serve(address: str) -> None:
    """Answer Prometheus at `host:port`, in a process that serves nothing else.

    Without the shared metrics: each scrape is a thread of its own here, which would keep a database connection.
    """
    host, _, port = address.rpartition(":")
    start_http_server(int(port), host)


def forget_ended_workers() -> None:
    """Remove the gauges of workers that no longer exist: a new one has taken their place."""
    for path in Path(os.environ.get(SHARED_DIR, os.devnull)).glob("gauge_live*_*.db"):
        pid = int(path.stem.rpartition("_")[2])
        with suppress(PermissionError):
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                mark_process_dead(pid)  # type: ignore[no-untyped-call]


def register_shared(collector: Collector) -> None:
    """Report what this collector reads from PostgreSQL or Redis: any process that serves HTTP reports it for all."""
    _of_all_processes.append(collector)


def read_registry() -> CollectorRegistry:
    """The metrics of this process, or of all that share `PROMETHEUS_MULTIPROC_DIR` (Procfile), and the shared ones."""
    registry = CollectorRegistry()
    if SHARED_DIR in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    for collector in _of_all_processes:
        registry.register(collector)
    return registry
