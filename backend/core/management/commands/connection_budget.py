"""`manage.py connection_budget`: compare the connections that processes may hold with what PostgreSQL allows."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

# Metrics are answered beside the requests (backend.core.http.admission); the Procfile has so many threads for that.
SPARE_THREADS = 4
# procrastinate's own pool, one of which listens for new jobs.
JOB_POOL = 4
# Commands, backups, a monitor.
OTHERS = 5
_LIMITS = """
    SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
"""


class Command(BaseCommand):
    """Counts what each process may hold at most; a pooler stands between if POSTGRES_POOLER_HOST is set."""

    help = "Compute the database connections that these processes may hold; fail if PostgreSQL allows fewer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--web", type=int, default=2, help="processes of web, WEB_WORKERS each counted (2)")
        parser.add_argument("--realtime", type=int, default=1, help="processes of realtime (1)")
        parser.add_argument("--worker", type=int, default=1, help="processes of worker (1)")
        parser.add_argument("--pool-size", type=int, default=50, help="sessions that the pooler opens at most (50)")

    def handle(self, *args: Any, **options: Any) -> None:
        each = {
            "web": settings.HTTP_THREADS + SPARE_THREADS,
            "realtime": (settings.POSTGRES_POOL or settings.SOCKET_THREADS) + settings.SOCKET_CONNECTIONS,
            "worker": int(os.environ.get("WORKER_CONCURRENCY", "8")) + JOB_POOL,
        }
        sums = {name: options[name] * count for name, count in each.items()}
        for name, total in sums.items():
            self.stdout.write(f"{name:9} {options[name]:3} x {each[name]:3} = {total:4}")
        clients = sums["web"] + sums["realtime"]
        if settings.POSTGRES_POOLER_HOST:
            self.stdout.write(f"pooler    {clients} clients (max_client_conn) on {options['pool_size']} sessions")
            clients = min(clients, options["pool_size"])
        self._compare(clients + sums["worker"] + OTHERS)

    def _compare(self, wanted: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_LIMITS)
            (limit,) = cursor.fetchone()
        self.stdout.write(f"sessions  {wanted} of {limit} that PostgreSQL allows, {OTHERS} for commands and backups")
        if wanted > limit:
            raise CommandError(f"{wanted - limit} too many: fewer processes, a higher max_connections, or a pooler.")
