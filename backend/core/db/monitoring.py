"""What `/metrics` reports of PostgreSQL: its sessions, its replicas, and the connection pools of this process."""

from collections.abc import Iterator
from typing import Any

import structlog
from django.db import Error, connection
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

log = structlog.get_logger(__name__)
# The delay of a replica is shown to members of pg_monitor alone.
_STATE = """
    SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
           current_setting('max_connections')::int,
           (SELECT count(*) FROM pg_stat_replication),
           GREATEST((SELECT max(EXTRACT(epoch FROM replay_lag)) FROM pg_stat_replication),
                    CASE WHEN pg_is_in_recovery()
                         THEN EXTRACT(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END, 0)::float,
           pg_is_in_recovery()::int,
           (SELECT max(EXTRACT(epoch FROM clock_timestamp() - xact_start)) FROM pg_stat_activity
            WHERE datname = current_database() AND backend_type = 'client backend')::float,
           (SELECT (last_failed_time > coalesce(last_archived_time, '-infinity'))::int FROM pg_stat_archiver)
"""
_GAUGES = (
    ("postgres_sessions", "Sessions of this database."),
    ("postgres_sessions_max", "The setting max_connections."),
    ("postgres_replicas", "Replicas that follow this PostgreSQL."),
    ("postgres_replication_lag_seconds", "How far the slowest replica, or this one, is behind."),
    ("postgres_is_replica", "1 if PostgreSQL is not the primary."),
    ("postgres_oldest_transaction_seconds", "Age of the oldest open transaction that the role may see."),
    ("postgres_archiving_fails", "1 if the last attempt to archive WAL for backups failed."),
)
_pools: dict[str, Any] = {}


def watch_pool(name: str, pool: Any) -> None:
    """Report on this pool of psycopg_pool."""
    _pools[name] = pool


class PostgresGauges(Collector):
    """Gauges of PostgreSQL, read by one statement at each scrape."""

    def describe(self) -> Iterator[Metric]:
        """Nothing, so that registration runs no query."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """All, or none while the database is down."""
        try:
            with connection.cursor() as cursor:
                cursor.execute(_STATE)
                values = cursor.fetchone() or ()
        except Error as error:
            log.warning("gauges_unavailable", reason=type(error).__name__)
            return
        for (name, text), value in zip(_GAUGES, values, strict=True):
            yield GaugeMetricFamily(name, text, value or 0)


class PoolGauges(Collector):
    """Gauges of the pools of this process: Django's own, if there is one, and those given to `watch_pool`."""

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        size = GaugeMetricFamily("postgres_pool_connections", "Connections of a pool.", labels=["pool"])
        free = GaugeMetricFamily("postgres_pool_free", "Those that nobody uses.", labels=["pool"])
        waiting = GaugeMetricFamily("postgres_pool_waiting", "Callers that wait for one.", labels=["pool"])
        for name, pool in self._pools():
            stats = pool.get_stats()
            size.add_metric([name], stats.get("pool_size", 0))
            free.add_metric([name], stats.get("pool_available", 0))
            waiting.add_metric([name], stats.get("requests_waiting", 0))
        yield from (size, free, waiting)

    def _pools(self) -> Iterator[tuple[str, Any]]:
        yield from _pools.items()
        django_pool = getattr(connection, "pool", None)
        if django_pool is not None:
            yield "django", django_pool
