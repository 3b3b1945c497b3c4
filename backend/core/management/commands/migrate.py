"""`manage.py migrate`: Django's own, with a short limit on the wait for locks and retries."""

import time
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.migrations import Migration
from psycopg.errors import LockNotAvailable

# While a migration waits for a table, every later statement queues behind it: so it gives up soon, and tries again.
LOCK_MS = 300
PAUSE_S = 1.0
TRIES = 120


class Command(migrate.Command):
    """Limits the wait for locks, and retries a migration that was rolled back because of it.

    A migration that is not atomic builds or drops an index `CONCURRENTLY`: that waits for others' transactions and
    keeps nobody waiting, so it has no bound.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        self._alias = options["database"]
        for _ in range(TRIES):
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                self.stdout.write(" a table is in use; trying again")
                time.sleep(PAUSE_S)
            else:
                return
            finally:
                self._bound_locks("DEFAULT")
        raise CommandError("A transaction keeps a table for minutes: look at pg_stat_activity, then migrate again.")

    def migration_progress_callback(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:
        """Set the limit on lock waits before each migration; Django calls this around them."""
        if migration and action in ("apply_start", "unapply_start"):
            self._bound_locks(f"'{LOCK_MS}ms'" if migration.atomic else "0")
        super().migration_progress_callback(action, migration, fake)

    def _bound_locks(self, value: str) -> None:
        with connections[self._alias].cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {value}")
