"""Waiting for conditions, and counting waiting database sessions."""

import time
from collections.abc import Callable

from django.db import connection

PATIENCE_S = 20  # on a machine with much else to do; what comes, comes long before


def wait_until(is_done: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait until the condition holds; fails after a time-out."""
    ends_at = time.monotonic() + patience_s
    while not is_done():
        assert time.monotonic() < ends_at
        time.sleep(0.01)


def count_waiting() -> int:
    """The number of sessions of this database that wait for a lock."""
    with connection.cursor() as cursor:
        # Within a transaction, what was once seen of others stays so.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])
