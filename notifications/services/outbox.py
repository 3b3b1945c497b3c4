"""Who is due: the counter row of a person is also the job of pushing what waits for that person.

`notify` sets `wake_at` in the transaction of what is to be told. A worker takes many people at once, for as long as
`PUSH_LEASE_S`; one that is killed never lets go, and its people are taken again when that time is over.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.conf import settings
from django.db import connection

_encode = msgspec.json.Encoder().encode

# While it is taken, `wake_at` equals `taken_until`, unless something new came: then it says when that is due.
_TAKE = """
    WITH due AS (
        SELECT user_id FROM notifications_eventcounter
        WHERE wake_at <= %(now)s AND (taken_until IS NULL OR taken_until <= %(now)s) AND (tries > 0) = %(suspects)s
        ORDER BY wake_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE notifications_eventcounter AS counter SET wake_at = %(until)s, taken_until = %(until)s, tries = tries + 1
    FROM due WHERE counter.user_id = due.user_id RETURNING counter.user_id, counter.acked, counter.tries
"""
# Locked in the order of user ids, as `notify` does. Who was taken by another worker meanwhile is left to that one.
_LET_GO = """
    WITH done AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(%s::jsonb) AS done (
            user_id uuid, taken_until timestamptz, wake_at timestamptz, tries int)
    ), locked AS (
        SELECT counter.user_id FROM notifications_eventcounter AS counter JOIN done USING (user_id, taken_until)
        ORDER BY counter.user_id FOR NO KEY UPDATE OF counter
    )
    UPDATE notifications_eventcounter AS counter
    SET wake_at = LEAST(NULLIF(counter.wake_at, counter.taken_until), done.wake_at), taken_until = NULL,
        tries = done.tries
    FROM done JOIN locked USING (user_id) WHERE counter.user_id = done.user_id
"""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A person whose pushes are this worker's until `until`; `tries` counts this time too."""

    user_id: uuid.UUID
    acked: int
    tries: int
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Done:
    """What is to become of a person who was taken: looked at again from `wake_at` on, if ever."""

    taken: Taken
    wake_at: datetime | None
    tries: int = 0


def take_due(*, now: datetime, limit: int, suspects: bool = False) -> list[Taken]:
    """At most `limit` people whose pushes are due, the longest overdue first; nobody who is taken or locked.

    `suspects` are those with whom it did not go well last time; all others are taken without them.
    """
    until = now + timedelta(seconds=settings.PUSH_LEASE_S)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"now": now, "until": until, "limit": limit, "suspects": suspects})
        return [
            Taken(user_id=user_id, acked=acked, tries=tries, until=until) for user_id, acked, tries in cursor.fetchall()
        ]


def let_go(done: Sequence[Done]) -> None:
    """Give people back. What came for them meanwhile is due when it said so."""
    if done:
        with connection.cursor() as cursor:
            cursor.execute(_LET_GO, [_encode(list(_rows(done))).decode()])


def _rows(done: Iterable[Done]) -> Iterable[dict[str, object]]:
    for one in done:
        yield {
            "user_id": one.taken.user_id,
            "taken_until": one.taken.until,
            "wake_at": one.wake_at,
            "tries": one.tries,
        }
