"""Writing a fact into people's event logs: the one way anybody is told anything."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from backend.shared.realtime import publish_on_commit
from notifications.frames import frame_of
from notifications.kinds import require_known
from notifications.models import Event
from notifications.services.outbox import schedule_pushes

# Numbers are drawn in the order of user ids, so that two transactions never wait for each other in a circle.
_DRAW_NUMBERS = """
    INSERT INTO notifications_eventcounter (user_id, head, acked, floor, push_pending)
    SELECT user_id, count, 0, 0, false
    FROM unnest(%s::uuid[], %s::bigint[]) AS wanted (user_id, count) ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET head = notifications_eventcounter.head + excluded.head
    RETURNING user_id, head
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

    Open sockets get the event on commit. Where `push` is set, one deliver job per person is deferred in the
    same transaction. Call it once per transaction, with everybody who is to be told. Raises UnknownEvent or
    SilentEvent for what `notifications.kinds` cannot tell.
    """
    if not notices:
        return []
    for notice in notices:
        require_known(notice.event, push=notice.push)
    events = Event.objects.bulk_create(_numbered(notices, now))
    schedule_pushes(user_ids={event.user_id for event in events if event.wants_push}, now=now)
    publish_on_commit([(event.user_id, frame_of(event)) for event in events])
    return events


def _numbered(notices: Sequence[Notice], now: datetime) -> list[Event]:
    next_seq = _draw_numbers(Counter(notice.user_id for notice in notices))
    events = []
    for notice in notices:
        next_seq[notice.user_id] += 1
        events.append(_event(notice, next_seq[notice.user_id], now))
    return events


def _draw_numbers(wanted: Counter[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Take `wanted` numbers for each person; returns the last number before them."""
    with connection.cursor() as cursor:
        cursor.execute(_DRAW_NUMBERS, [list(wanted.keys()), list(wanted.values())])
        return {user_id: head - wanted[user_id] for user_id, head in cursor.fetchall()}


def _event(notice: Notice, seq: int, now: datetime) -> Event:
    return Event(
        user_id=notice.user_id,
        seq=seq,
        name=notice.event,
        data=dict(notice.data),
        by=notice.by,
        wants_push=notice.push,
        collapse_key=notice.collapse_key,
        created_at=now,
    )
