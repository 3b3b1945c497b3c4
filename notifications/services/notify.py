"""Writing a fact into people's event logs: the one way anybody is told anything."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from django.conf import settings

from backend.shared.prepared import fetch_prepared
from backend.shared.realtime import publish_on_commit
from notifications.frames import nudge_of
from notifications.kinds import require_known
from notifications.models import Event
from notifications.services.moot import overtake

_encode = msgspec.json.Encoder().encode

# One statement, since every claim and every message of a chat waits for it. Numbers are drawn in the order of user
# ids, so that two transactions never wait for each other in a circle. While a worker has a person, `wake_at` is only
# the end of that time: something new is due when it says.
_APPEND = """
    WITH notice AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS notice (
            user_id uuid, behind bigint, name text, data jsonb, by uuid, wants_push boolean, collapse_key text)
    ), counter AS (
        INSERT INTO notifications_eventcounter AS counter (user_id, head, acked, floor, wake_at)
        SELECT user_id, count(*), 0, 0, CASE WHEN bool_or(wants_push) THEN %(due_at)s::timestamptz END
        FROM notice GROUP BY user_id ORDER BY user_id
        ON CONFLICT (user_id) DO UPDATE SET head = counter.head + excluded.head, wake_at = CASE
            WHEN excluded.wake_at IS NULL THEN counter.wake_at
            ELSE LEAST(excluded.wake_at, NULLIF(counter.wake_at, counter.taken_until)) END
        RETURNING user_id, head
    )
    INSERT INTO notifications_event (user_id, seq, name, data, by, wants_push, collapse_key, created_at)
    SELECT user_id, head - behind, name, data, by, wants_push, collapse_key, %(now)s
    FROM notice JOIN counter USING (user_id) ORDER BY user_id, behind DESC
    RETURNING user_id, seq, id
"""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What one person is to be told. `data` is JSON: ids and short text, never an address or an exact place.

    `push` reaches a person who is not looking; of several with one `collapse_key` only the newest is pushed. `by` is
    who did it: nothing is pushed between people who have blocked each other.
    """

    user_id: uuid.UUID
    event: str
    data: Mapping[str, object] = field(default_factory=dict)
    push: bool = False
    collapse_key: str = ""
    by: uuid.UUID | None = None


def notify(*, notices: Sequence[Notice], now: datetime) -> list[Event]:
    """Append each notice to its person's log, in the caller's transaction; must be its last call that locks.

    Open sockets get the event on commit. Where `push` is set, the same statement makes the person due: a worker looks
    after `PUSH_WAIT_S`, in which an open app may show it. Call it once per transaction, with everybody who is to be
    told. Raises UnknownEvent or SilentEvent for what `notifications.kinds` cannot tell.
    """
    if not notices:
        return []
    for notice in notices:
        require_known(notice.event, push=notice.push)
    events = _append(notices, now)
    overtake(events=events, now=now)
    publish_on_commit([(event.user_id, nudge_of(event)) for event in events])
    return events


def _append(notices: Sequence[Notice], now: datetime) -> list[Event]:
    """Number and store them, each person's in the order given."""
    behind = _behind(notices)
    rows = [_row(notice, number) for notice, number in zip(notices, behind, strict=True)]
    due_at = now + timedelta(seconds=settings.PUSH_WAIT_S)
    answer = fetch_prepared(_APPEND, {"rows": _encode(rows).decode(), "due_at": due_at, "now": now})
    stored = {(user_id, seq): pk for user_id, seq, pk in answer}
    heads = dict(sorted(stored))
    seqs = [heads[notice.user_id] - number for notice, number in zip(notices, behind, strict=True)]
    return [_event(notice, stored[notice.user_id, seq], seq, now) for notice, seq in zip(notices, seqs, strict=True)]


def _behind(notices: Sequence[Notice]) -> list[int]:
    """How many of the same person's notices come after each."""
    left = Counter(notice.user_id for notice in notices)
    behind = []
    for notice in notices:
        left[notice.user_id] -= 1
        behind.append(left[notice.user_id])
    return behind


def _row(notice: Notice, behind: int) -> Mapping[str, object]:
    return {
        "user_id": notice.user_id,
        "behind": behind,
        "name": notice.event,
        "data": notice.data,
        "by": notice.by,
        "wants_push": notice.push,
        "collapse_key": notice.collapse_key,
    }


def _event(notice: Notice, pk: int, seq: int, now: datetime) -> Event:
    return Event(
        pk=pk,
        user_id=notice.user_id,
        seq=seq,
        name=notice.event,
        data=dict(notice.data),
        by=notice.by,
        wants_push=notice.push,
        collapse_key=notice.collapse_key,
        created_at=now,
    )
