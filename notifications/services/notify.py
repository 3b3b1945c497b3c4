"""Writing a fact into people's event logs: the one way anybody is told anything."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from django.conf import settings

from backend.core.db.prepared import fetch_prepared
from backend.core.redis.nudges import publish_on_commit
from notifications.frames import nudge_of
from notifications.kinds import kind_of, require_known
from notifications.models import Event

_encode = msgspec.json.Encoder().encode

# One round trip, since every claim and every message of a chat waits for it: migration 0007 has what it does.
_WRITE = "SELECT user_id, seq, id FROM write_events(%(rows)s::jsonb, %(now)s, %(due_at)s)"


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

    What the new events have overtaken counts as read, and open sockets get them on commit. Where `push` is set, the
    same statement makes the person due: a worker looks after `PUSH_WAIT_S`, in which an open app may show it. Call it
    once per transaction, with everybody who is to be told. Raises UnknownEvent or SilentEvent for what
    `notifications.kinds` cannot tell.
    """
    if not notices:
        return []
    for notice in notices:
        require_known(notice.event, push=notice.push)
    events = _append(notices, now)
    publish_on_commit([(event.user_id, nudge_of(event)) for event in events])
    return events


def due_at(now: datetime) -> datetime:
    """When a worker is to look for what happens now: an open app may show it until then."""
    return now + timedelta(seconds=settings.PUSH_WAIT_S)


def _append(notices: Sequence[Notice], now: datetime) -> list[Event]:
    """Number and store them, each person's in the order given."""
    behind = _behind(notices)
    rows = [row_of(notice, number) for notice, number in zip(notices, behind, strict=True)]
    answer = fetch_prepared(_WRITE, {"rows": _encode(rows).decode(), "due_at": due_at(now), "now": now})
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


def row_of(notice: Notice, behind: int = 0) -> Mapping[str, object]:
    """As `write_events` takes it, with how many of the same person's come after it."""
    return _overtaken_by(notice) | {
        "user_id": notice.user_id,
        "behind": behind,
        "name": notice.event,
        "data": notice.data,
        "by": notice.by,
        "wants_push": notice.push,
        "is_urgent": notice.push and kind_of(notice.event).is_urgent,
        "collapse_key": notice.collapse_key,
    }


def _overtaken_by(notice: Notice) -> dict[str, object]:
    kind = kind_of(notice.event)
    if not kind.overtakes or kind.about not in notice.data:
        return {}
    return {"overtakes": list(kind.overtakes), "about": {kind.about: notice.data[kind.about]}}


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
