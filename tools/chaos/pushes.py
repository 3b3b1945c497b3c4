"""Which messages a push has reached the reader for, and when there is nothing more to be sent."""

import asyncio
import time
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from tools.chaos.memory import Postgres
from tools.fcm.server import Answer, FcmServer

PATIENCE_S = 180
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


class Firebase(FcmServer):
    """Accepts every push. Of the addresses in `loses` it keeps nothing, to prove that it would be missed."""

    def __init__(self) -> None:
        super().__init__()
        self.loses: set[str] = set()

    def answer_of(self, message: dict[str, Any], authorization: str) -> Answer:
        """Accepted, as Firebase would say it."""
        answer = super().answer_of(message, authorization)
        if message.get("token") in self.loses:
            self.sent.remove(message)
        return answer

    @property
    def ids(self) -> set[str]:
        """The ids of all pushes that have arrived."""
        return {message["data"]["message_id"] for message in list(self.sent)}


async def settle(postgres: Postgres, away: Collection[str], *, hurry: bool) -> None:
    """Wait until nothing is left to be pushed, at most so long as a killed worker's jobs take to be given back.

    In a `hurry` the clock is put forward instead: workers that are dead count as silent for long, and the
    periodic task that looks for them runs at once.
    """
    if hurry:
        await asyncio.to_thread(_rescue_now, postgres)
    deadline = time.monotonic() + PATIENCE_S
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
    """Client ids of the messages that an arrived push stands for."""
    with postgres.connect() as session:
        rows: Sequence[Any] = session.execute(EVENTS, {"away": list(away)}).fetchall()
    return reached_by(rows, arrived)


def reached_by(rows: Sequence[Row], arrived: Collection[str]) -> set[str]:
    """The client ids of those events that a push stands for which arrived; rows are a person's, oldest first.

    A push stands for what was decided on together with it, and for one that was dropped because it was newer. It does
    not stand for one that went and never came, or else a push would be missed only where it was the last of all.
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
