"""Who is due: the counter row of a person is also the job of pushing what waits for that person.

`notify` sets `wake_at` in the transaction of what is to be told. A worker takes many people at once, for as long as
`PUSH_LEASE_S`; one that is killed never lets go, and its people are taken again when that time is over.
"""

import math
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.conf import settings
from django.db import connection

_encode = msgspec.json.Encoder().encode

# Of whom a worker takes at a time so many may be there because it is urgent; the others are the longest overdue.
URGENT_SHARE = 0.75
_DUE = """
    SELECT user_id FROM notifications_eventcounter
    WHERE wake_at <= %(now)s AND (taken_until IS NULL OR taken_until <= %(now)s) AND (tries > 0) = %(suspects)s
"""
# While it is taken, `wake_at` equals `taken_until`, unless something new came: then it says when that is due. It stays
# as urgent as it was, for a worker that is killed says nothing any more.
_TAKE = f"""
    WITH urgent AS MATERIALIZED (
        {_DUE} AND is_urgent ORDER BY wake_at LIMIT %(urgent)s FOR NO KEY UPDATE SKIP LOCKED
    ), others AS MATERIALIZED (
        {_DUE} AND user_id NOT IN (SELECT user_id FROM urgent)
        ORDER BY wake_at LIMIT %(limit)s - (SELECT count(*) FROM urgent) FOR NO KEY UPDATE SKIP LOCKED
    ), due AS (SELECT user_id FROM urgent UNION ALL SELECT user_id FROM others)
    UPDATE notifications_eventcounter AS counter
    SET wake_at = %(until)s, taken_until = %(until)s, tries = tries + 1
    FROM due WHERE counter.user_id = due.user_id
    RETURNING counter.user_id, counter.acked, counter.tries, counter.is_urgent
"""  # noqa: S608 - constants
# Locked in the order of user ids, as `notify` does. Who was taken by another worker meanwhile is left to that one.
# Whether what is new is urgent is not known where what was there before was; then it counts as urgent.
_LET_GO = """
    WITH done AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(%s::jsonb) AS done (
            user_id uuid, taken_until timestamptz, wake_at timestamptz, tries int, is_urgent boolean)
    ), locked AS (
        SELECT counter.user_id FROM notifications_eventcounter AS counter JOIN done USING (user_id, taken_until)
        ORDER BY counter.user_id FOR NO KEY UPDATE OF counter
    )
    UPDATE notifications_eventcounter AS counter
    SET wake_at = LEAST(NULLIF(counter.wake_at, counter.taken_until), done.wake_at), taken_until = NULL,
        tries = done.tries,
        is_urgent = done.is_urgent OR counter.is_urgent AND counter.wake_at IS DISTINCT FROM counter.taken_until
    FROM done JOIN locked USING (user_id) WHERE counter.user_id = done.user_id
"""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A person whose pushes are this worker's until `until`; `tries` counts this time too."""

    user_id: uuid.UUID
    acked: int
    tries: int
    until: datetime
    is_urgent: bool


@dataclass(frozen=True, kw_only=True)
class Done:
    """What is to become of a person who was taken: looked at again from `wake_at` on, if ever.

    `is_urgent` when something urgent is left for then.
    """

    taken: Taken
    wake_at: datetime | None
    tries: int = 0
    is_urgent: bool = False


def take_due(*, now: datetime, limit: int, suspects: bool = False) -> list[Taken]:
    """At most `limit` people whose pushes are due, the longest overdue first; nobody who is taken or locked.

    Those for whom something is urgent go before, up to `URGENT_SHARE` of all: a ring that tells thousands holds up no
    match, and is not held up for ever either. `suspects` are those with whom it did not go well last time; all others
    are taken without them.
    """
    until = now + timedelta(seconds=settings.PUSH_LEASE_S)
    with connection.cursor() as cursor:
        figures = {"limit": limit, "urgent": math.ceil(limit * URGENT_SHARE)}
        cursor.execute(_TAKE, figures | {"now": now, "until": until, "suspects": suspects})
        return [
            Taken(user_id=user_id, acked=acked, tries=tries, until=until, is_urgent=is_urgent)
            for user_id, acked, tries, is_urgent in cursor.fetchall()
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
            "is_urgent": one.is_urgent,
        }
