"""What `/readyz` and `/metrics` report of the queue: open and overdue cases, and open appeals."""

from collections.abc import Iterator

import structlog
from django.db import Error
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from backend.core.clock import read_clock
from backend.moderation.selectors import count_appeals, count_open

log = structlog.get_logger(__name__)


def moderation_state() -> str:
    """`ok`, or how many cases are overdue."""
    _waiting, overdue = count_open(read_clock())
    return f"{overdue} overdue" if overdue else "ok"


class Gauges(Collector):
    """Gauges of the queue, which all processes share."""

    def describe(self) -> Iterator[Metric]:
        """Nothing, so that registration runs no query."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """All gauges, or none while the database is down."""
        try:
            waiting, overdue = count_open(read_clock())
            appeals = count_appeals()
        except Error as error:
            log.warning("gauges_unavailable", reason=type(error).__name__)
            return
        yield GaugeMetricFamily("moderation_cases_open", "Cases that wait for a moderator.", waiting)
        yield GaugeMetricFamily("moderation_cases_overdue", "Of them, those whose time is over.", overdue)
        yield GaugeMetricFamily("moderation_appeals_open", "Appeals that wait for a moderator.", appeals)
