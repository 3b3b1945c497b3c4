"""What `/metrics` and `/readyz` say of pushes and jobs, read when they are asked for."""

from collections.abc import Iterator

import structlog
from django.db import Error
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from backend.core.clock import read_clock
from notifications.push.circuit import Circuit
from notifications.push.gates import PLATFORMS, fcm_circuit, line_circuit
from notifications.selectors.alarms import (
    COUNT_MAX,
    alarms,
    job_backlog,
    last_runs,
    overdue_tasks,
    people_backlog,
    periodic_tasks,
)

log = structlog.get_logger(__name__)
CIRCUIT_STATES = ("closed", "probing", "open")


def worker_state() -> str:
    """`ok`, or what has not run for five minutes."""
    try:
        return "; ".join(alarms(read_clock())) or "ok"
    except Error as error:
        return type(error).__name__


def firebase_state() -> str:
    """`ok`, or that it is left alone for now."""
    return "; ".join(_troubles(_of_firebase())) or "ok"


def line_state() -> str:
    """As of Firebase."""
    return "; ".join(_troubles({"line": line_circuit()})) or "ok"


def _of_firebase() -> dict[str, Circuit]:
    return {platform: fcm_circuit(platform) for platform in PLATFORMS}


def _troubles(circuits: dict[str, Circuit]) -> Iterator[str]:
    for name, circuit in circuits.items():
        if (state := circuit.state()) != "closed":
            yield f"{name}: circuit {state} after {circuit.reason() or 'failures'}"


class Figures(Collector):
    """Gauges of what all workers share; the same whichever process is asked."""

    def describe(self) -> Iterator[Metric]:
        """Nothing, so that registering reads no database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """A database that is away takes these figures along, and no others."""
        try:
            yield from list(self._read())
        except Error as error:
            log.warning("figures_missing", reason=type(error).__name__)

    def _read(self) -> Iterator[Metric]:
        now = read_clock()
        for prefix, what, backlog in (
            ("push", "people whose pushes are due", people_backlog(now)),
            ("jobs", "jobs", job_backlog()),
        ):
            yield GaugeMetricFamily(f"{prefix}_waiting", f"Number of {what}, up to {COUNT_MAX}.", backlog.waiting)
            yield GaugeMetricFamily(f"{prefix}_oldest_seconds", f"Age of the oldest of the {what}.", backlog.age_s(now))
            yield GaugeMetricFamily(
                f"{prefix}_set_aside", f"Given up among the {what}, up to {COUNT_MAX}.", backlog.set_aside
            )
        yield _of_circuits()
        yield _of_tasks("periodic_last_run_timestamp", "When it last ran.", _run_times())
        late = set(overdue_tasks(now))
        yield _of_tasks(
            "periodic_overdue", "1 if it should have run.", {name: name in late for name in periodic_tasks()}
        )


def _of_circuits() -> Metric:
    labels = ["service", "state"]
    family = GaugeMetricFamily("push_circuit", "1 for the state of each service's circuit.", labels=labels)
    for name, circuit in (_of_firebase() | {"line": line_circuit()}).items():
        state = circuit.state()
        for one in CIRCUIT_STATES:
            family.add_metric([name, one], one == state)
    return family


def _run_times() -> dict[str, float]:
    return {name: ran_at.timestamp() for name, ran_at in last_runs().items()}


def _of_tasks(name: str, what: str, values: "dict[str, float] | dict[str, bool]") -> Metric:
    family = GaugeMetricFamily(name, what, labels=["task"])
    for task, value in values.items():
        family.add_metric([task], value)
    return family
