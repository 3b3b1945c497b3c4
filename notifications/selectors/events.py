"""Reading one user's event log."""

import time
import uuid
from typing import NamedTuple

import msgspec

from backend.core.db.prepared import fetch_prepared
from notifications.frames import LoggedEvent
from notifications.long_poll import nudges_for

EVENTS_MAX = 100
_decode = msgspec.json.Decoder().decode
_EVENTS_AFTER = """
    SELECT seq, name, data::text, created_at FROM notifications_event
    WHERE user_id = %(user_id)s AND seq > %(since)s
    ORDER BY seq LIMIT %(limit)s
"""
_LOG = """
    SELECT max(head), max(floor), (
        SELECT count(*) FROM notifications_event
        WHERE user_id = %(user_id)s AND wants_push AND read_at IS NULL AND withdrawn_at IS NULL
    )
    FROM notifications_eventcounter WHERE user_id = %(user_id)s
"""


class Log(NamedTuple):
    """The newest number, the newest number that was removed, and the number of unread events worth a push."""

    head: int
    floor: int
    unread: int

    def reaches_back_to(self, since: int) -> bool:
        """Whether every event after `since` is still stored. A `since` above the head is of another log."""
        return self.floor <= since <= self.head


def events_after(*, user_id: uuid.UUID, since: int, limit: int = EVENTS_MAX) -> list[LoggedEvent]:
    """At most `limit` events after `since`, in order. Complete only when the log reaches back to `since`."""
    rows = fetch_prepared(_EVENTS_AFTER, {"user_id": user_id, "since": since, "limit": limit})
    return [LoggedEvent(seq, name, _decode(data), at) for seq, name, data, at in rows]


def log_of(user_id: uuid.UUID) -> Log:
    """The bounds of this user's log, and how much of it is unread."""
    ((head, floor, unread),) = fetch_prepared(_LOG, {"user_id": user_id})
    return Log(head=head or 0, floor=floor or 0, unread=unread)


def head_of(user_id: uuid.UUID) -> int:
    """The number of this user's newest event; 0 before the first."""
    return log_of(user_id).head


def wait_for_events(*, user_id: uuid.UUID, since: int, wait_s: float) -> list[LoggedEvent]:
    """Like `events_after`, but waits up to `wait_s` seconds for the first event."""
    if wait_s <= 0:
        return events_after(user_id=user_id, since=since)
    until = time.monotonic() + wait_s
    with nudges_for(user_id) as wait:
        while not (events := events_after(user_id=user_id, since=since)):
            if not wait(until - time.monotonic()):
                return events_after(user_id=user_id, since=since)
        return events
