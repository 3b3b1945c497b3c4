"""The pushes of a run: waiting for the last one, and which messages they cover."""

import asyncio
import time
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from tools.chaos.servers import Postgres

TIMEOUT_S = 180
WAITING = """
    SELECT (SELECT count(*) FROM notifications_event
            WHERE user_id = ANY(%(away)s::uuid[]) AND wants_push AND pushed_at IS NULL)
        + (SELECT count(*) FROM notifications_push JOIN notifications_event ON notifications_event.id = event_id
           WHERE user_id = ANY(%(away)s::uuid[]) AND state = 'waiting')
"""
EVENTS = """
    SELECT user_id::text, data->'message'->>'client_id', pushed_at, notifications_push.id::text, state
    FROM notifications_event LEFT JOIN notifications_push ON event_id = notifications_event.id
    WHERE user_id = ANY(%(away)s::uuid[]) ORDER BY user_id, seq
"""
Row = tuple[str, str | None, datetime | None, str | None, str | None]


async def wait_for_pushes(postgres: Postgres, away: Collection[str], *, hurry: bool) -> None:
    """Wait until every push is sent, at most as long as the jobs of a killed worker take to be rescued.

    With `hurry` the heartbeats of dead workers are set back by an hour, and the rescue job runs at once.
    """
    if hurry:
        await asyncio.to_thread(_rescue_now, postgres)
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline and await asyncio.to_thread(_has_waiting, postgres, away):  # noqa: ASYNC110
        await asyncio.sleep(0.3)


def _rescue_now(postgres: Postgres) -> None:
    with postgres.connect() as session:
        session.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"
            " WHERE id < (SELECT max(id) FROM procrastinate_workers)"
        )
        session.execute(
            "INSERT INTO procrastinate_jobs (task_name, queue_name, args)"
            " VALUES ('notifications.rescue', 'default', '{\"timestamp\": 0}')"
        )


def _has_waiting(postgres: Postgres, away: Collection[str]) -> bool:
    with postgres.connect() as session:
        row = session.execute(WAITING, {"away": list(away)}).fetchone()
    assert row
    return row[0] != 0


def pushed_in(postgres: Postgres, away: Collection[str], arrived: Collection[str]) -> set[str]:
    """Return the client ids of the messages that an arrived push covers."""
    with postgres.connect() as session:
        rows: Sequence[Any] = session.execute(EVENTS, {"away": list(away)}).fetchall()
    return reached_by(rows, arrived)


def reached_by(rows: Sequence[Row], arrived: Collection[str]) -> set[str]:
    """Return the client ids of the events that an arrived push covers; the rows of a person are oldest first.

    A push covers the events that were decided together with it, and an earlier push that was dropped as outdated. It
    does not cover an earlier push that was sent and lost, which would otherwise be missed.
    """
    reached: set[str] = set()
    newer: dict[str, tuple[datetime | None, bool]] = {}
    for person, client_id, pushed_at, push, state in reversed(rows):
        decided_at, is_reached = newer.get(person, (None, False))
        if push:
            newer[person] = pushed_at, push in arrived or (state == "dropped" and is_reached)
        elif pushed_at is None or decided_at != pushed_at:
            continue
        if client_id and newer[person][1]:
            reached.add(client_id)
    return reached
