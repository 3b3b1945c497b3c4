"""Removing old events, a little at a time and in nobody's way."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

BATCH = 1_000

# One statement, so that a counter is held for no longer than it takes: every message waits for one. Whose counter is
# held by somebody else has his turn next time.
_RAISE_FLOORS = """
    WITH old AS (
        SELECT user_id, seq FROM notifications_event WHERE created_at < %s ORDER BY created_at LIMIT %s
    ), tops AS (
        SELECT user_id, max(seq) AS seq FROM old GROUP BY user_id
    ), held AS MATERIALIZED (
        SELECT counter.user_id, tops.seq FROM notifications_eventcounter AS counter JOIN tops USING (user_id)
        ORDER BY counter.user_id FOR NO KEY UPDATE OF counter SKIP LOCKED
    )
    UPDATE notifications_eventcounter AS counter SET floor = greatest(floor, held.seq)
    FROM held WHERE counter.user_id = held.user_id
    RETURNING counter.user_id, counter.floor
"""
_BELOW = """
    SELECT event.id FROM notifications_event AS event
    JOIN unnest(%s::uuid[], %s::bigint[]) AS low (user_id, floor)
        ON event.user_id = low.user_id AND event.seq <= low.floor
"""
_DELETE_PUSHES = f"DELETE FROM notifications_push WHERE event_id IN ({_BELOW})"  # noqa: S608 - constants
_DELETE_EVENTS = f"DELETE FROM notifications_event WHERE id IN ({_BELOW})"  # noqa: S608 - constants


def remove_old_events(*, now: datetime) -> int:
    """Remove a batch of events older than `EVENT_DAYS`, once the floor of each log has been raised. Returns how many.

    What is left of a log is always without gaps: an event goes together with all before it. Whoever still reads below
    the floor is told to load anew. Broken off in between, the next run removes what this one has not.
    """
    lows = _run(_RAISE_FLOORS, [now - timedelta(days=settings.EVENT_DAYS), BATCH])
    below = [[user_id for user_id, _ in lows], [floor for _, floor in lows]]
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_PUSHES, below)
        cursor.execute(_DELETE_EVENTS, below)
        removed: int = cursor.rowcount
        return removed


def _run(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
