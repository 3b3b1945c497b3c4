"""Writing events, the only way to notify a user, and taking them back when they stop being true."""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection

from backend.core.db.prepared import fetch_prepared
from backend.core.redis.nudges import publish_on_commit
from notifications.frames import nudge_of
from notifications.kinds import kind_of, require_known
from notifications.models import Event
from notifications.services.locks import update_events

_encode = msgspec.json.Encoder().encode

# notifications/sql/write_events.sql
_WRITE = "SELECT user_id, seq, id FROM write_events(%(rows)s::jsonb, %(now)s, %(due_at)s)"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """An event for one user. `data` is JSON: ids and short text, never an address or an exact place.

    `push` asks for a push when no app is open; of several with one `collapse_key` only the newest is pushed. `by` is
    the user who caused the event: users who blocked each other get no push.
    """

    user_id: uuid.UUID
    event: str
    data: Mapping[str, object] = field(default_factory=dict)
    push: bool = False
    collapse_key: str = ""
    by: uuid.UUID | None = None


def notify(*, notices: Sequence[Notice], now: datetime) -> list[Event]:
    """Append each notice to its user's log, in the caller's transaction. Open sockets get the events on commit.

    Earlier events that the new ones supersede are marked as read. `push` makes the user due: a worker looks after
    `PUSH_WAIT_S`, in which an open app may show the event. Call it once per transaction with all notices, as the last
    call that locks rows. Raises UnknownEvent or SilentEvent (see `notifications.kinds`).
    """
    if not notices:
        return []
    for notice in notices:
        require_known(notice.event, push=notice.push)
    events = _append(notices, now)
    publish_on_commit([(event.user_id, nudge_of(event)) for event in events])
    return events


def push_due_at(now: datetime) -> datetime:
    """When a worker looks at an event of now. Until then an open app may show it."""
    return now + timedelta(seconds=settings.PUSH_WAIT_S)


def _append(notices: Sequence[Notice], now: datetime) -> list[Event]:
    """Number and store the events, those of each user in the order given."""
    behind = _behind(notices)
    rows = [notice_row(notice, number) for notice, number in zip(notices, behind, strict=True)]
    answer = fetch_prepared(_WRITE, {"rows": _encode(rows).decode(), "due_at": push_due_at(now), "now": now})
    stored = {(user_id, seq): pk for user_id, seq, pk in answer}
    heads = dict(sorted(stored))
    seqs = [heads[notice.user_id] - number for notice, number in zip(notices, behind, strict=True)]
    return [_event(notice, stored[notice.user_id, seq], seq, now) for notice, seq in zip(notices, seqs, strict=True)]


def _behind(notices: Sequence[Notice]) -> list[int]:
    """For each notice: how many notices for the same user follow it."""
    left = Counter(notice.user_id for notice in notices)
    behind = []
    for notice in notices:
        left[notice.user_id] -= 1
        behind.append(left[notice.user_id])
    return behind


def notice_row(notice: Notice, behind: int = 0) -> Mapping[str, object]:
    """The row that `write_events` takes. `behind`: how many notices for the same user follow it."""
    return _superseded_by(notice) | {
        "user_id": notice.user_id,
        "behind": behind,
        "name": notice.event,
        "data": notice.data,
        "by": notice.by,
        "wants_push": notice.push,
        "is_urgent": notice.push and kind_of(notice.event).is_urgent,
        "collapse_key": notice.collapse_key,
    }


def _superseded_by(notice: Notice) -> dict[str, object]:
    kind = kind_of(notice.event)
    if not kind.supersedes or kind.about not in notice.data:
        return {}
    return {"supersedes": list(kind.supersedes), "about": {kind.about: notice.data[kind.about]}}


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


_REDACT = """
    UPDATE notifications_event SET
        data = jsonb_set(data, ARRAY[%(part)s::text], %(put)s::jsonb || coalesce((
            SELECT jsonb_object_agg(key, value) FROM jsonb_each(data -> %(part)s::text)
            WHERE key = ANY(%(keep)s::text[])
        ), '{}')),
        read_at = coalesce(read_at, %(now)s)
    WHERE user_id = ANY(%(user_ids)s::uuid[]) AND name = %(event)s AND data @> %(holding)s::jsonb
"""
# Uses the index on the age instead of reading the whole log of these users.
_CREATED_AT = " AND created_at = %(at)s"


def withdraw_events(
    *, user_ids: Collection[uuid.UUID], events: Collection[str], about: Mapping[str, str], now: datetime
) -> int:
    """Withdraw unread events of these names whose data contains `about`, such as `{"like": id}`. Returns how many.

    They get no push and leave the inbox, but stay in the log. Call it last in the transaction, after `notify`: workers
    lock counters before events.
    """
    unread = Event.objects.filter(wants_push=True, read_at=None, withdrawn_at=None)
    found = unread.filter(user_id__in=user_ids, name__in=events, data__contains=dict(about))
    return update_events(found, withdrawn_at=now)


def redact_events(
    *,
    user_ids: Collection[uuid.UUID],
    event: str,
    holding: Mapping[str, Any],
    part: str,
    keep: Collection[str],
    put: Mapping[str, Any],
    now: datetime,
    at: datetime | None = None,
) -> int:
    """Reduce `part` of the data of these events to the keys in `keep` and the values in `put`, and mark them as read.

    Concerns events of this name whose data contains `holding`. Pass `at`, the time they were created, when it is known.
    Clients that have not read them yet get the reduced data; no number is missing. Call it after `notify`: events are
    locked after counters. Returns how many.
    """
    values: dict[str, Any] = {
        "user_ids": list(user_ids),
        "event": event,
        "holding": _encode(holding).decode(),
        "part": part,
        "keep": list(keep),
        "put": _encode(put).decode(),
        "now": now,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REDACT + _CREATED_AT if at else _REDACT, values)
        return int(cursor.rowcount)
