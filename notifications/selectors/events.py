"""Reading a user's event log and the inbox, which is a view of it, and waiting for the next event."""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import NamedTuple

import msgspec
from django.conf import settings
from django.db import connection
from django.db.models import Count, QuerySet
from redis import RedisError
from redis.client import PubSub

from backend.core.db.prepared import columns_of, fetch_models, fetch_prepared
from backend.core.errors import NotFound
from backend.core.redis.client import redis_client
from backend.core.redis.nudges import channel_of
from notifications.frames import LoggedEvent
from notifications.kinds import PUSHED, kind_of
from notifications.models import Event

SEQ_MAX = 2**63 - 1
# Events without a collapse key stand for themselves.
_INBOX = f"""
    SELECT {columns_of(Event)} FROM notifications_event
    WHERE id IN (
        SELECT max(id) FROM notifications_event
        WHERE user_id = %(user_id)s AND wants_push AND withdrawn_at IS NULL AND name = ANY(%(names)s)
        GROUP BY CASE WHEN collapse_key = '' THEN id::text ELSE collapse_key END
    ) AND seq < %(before)s AND seq > %(after)s AND (read_at IS NULL OR NOT %(unread_only)s)
    ORDER BY seq DESC LIMIT %(limit)s
"""  # noqa: S608 - names of our own columns
_UNREAD_BY_KEY = """
    SELECT collapse_key, name, count(*) FROM notifications_event
    WHERE user_id = %(user_id)s AND wants_push AND read_at IS NULL AND withdrawn_at IS NULL
      AND collapse_key = ANY(%(keys)s)
    GROUP BY collapse_key, name
"""
_UNREAD_BY_NAME = """
    SELECT name, count(*) FROM notifications_event
    WHERE user_id = %(user_id)s AND wants_push AND read_at IS NULL AND withdrawn_at IS NULL AND name = ANY(%(names)s)
    GROUP BY name
"""
_PUSHED = sorted(PUSHED)


def inbox_of(user_id: uuid.UUID, before: int, limit: int, *, after: int = 0, unread_only: bool = False) -> list[Event]:
    """The events worth a push, the newest first; only the newest of each collapse key. Bounds are exclusive."""
    values = {"user_id": user_id, "names": _PUSHED, "before": before, "limit": limit, "after": after}
    return fetch_models(Event, _INBOX, values | {"unread_only": unread_only})


def get_entry_for(user_id: uuid.UUID, seq: int) -> Event:
    """The event of this number in the user's inbox. Raises NotFound."""
    shown = Event.objects.filter(user_id=user_id, wants_push=True, withdrawn_at=None, name__in=PUSHED)
    entry = shown.filter(seq=seq).first() if seq <= SEQ_MAX else None
    if entry is None:
        raise NotFound
    return entry


def unread_counts_behind(entries: Collection[Event], user_id: uuid.UUID) -> dict[int, int]:
    """For the number of each of these entries: how many unread events of its kind it stands for."""
    keys = sorted({entry.collapse_key for entry in entries} - {""})
    rows = fetch_prepared(_UNREAD_BY_KEY, {"user_id": user_id, "keys": keys}) if keys else []
    counts = {(key, name): count for key, name, count in rows}
    alone = {entry.seq: int(entry.read_at is None) for entry in entries}
    return {entry.seq: counts.get((entry.collapse_key, entry.name), alone[entry.seq]) for entry in entries}


def unread_count_of(user_id: uuid.UUID) -> int:
    """The number of unread events worth a push: the badge of the app icon."""
    return unread_counts_of([user_id]).get(user_id, 0)


def unread_counts_of(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """`unread_count_of` for many users, without those who have read everything."""
    unread = unread_events().filter(user_id__in=user_ids)
    return dict(unread.values_list("user_id").annotate(Count("pk")))


def unread_by_category(user_id: uuid.UUID) -> Counter[str]:
    """The same number by category."""
    counts: Counter[str] = Counter()
    for name, count in fetch_prepared(_UNREAD_BY_NAME, {"user_id": user_id, "names": _PUSHED}):
        counts[kind_of(name).category.value] += count
    return counts


def unread_events() -> QuerySet[Event]:
    """All unread events worth a push."""
    return Event.objects.filter(wants_push=True, read_at=None, withdrawn_at=None)


class LongPolls:
    """The long polls that wait in this process: each occupies a thread, and other requests need threads too."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: Counter[uuid.UUID] = Counter()

    def may_wait(self, user_id: uuid.UUID) -> bool:
        """Count one more, unless `LONG_POLLS_MAX` wait, or `LONG_POLLS_EACH_MAX` of this user."""
        with self._lock:
            is_full = self._waiting.total() >= settings.LONG_POLLS_MAX
            if is_full or self._waiting[user_id] >= settings.LONG_POLLS_EACH_MAX:
                return False
            self._waiting[user_id] += 1
            return True

    def end(self, user_id: uuid.UUID) -> None:
        """Count one less."""
        with self._lock:
            self._waiting[user_id] -= 1
            self._waiting += Counter()


long_polls = LongPolls()
Wait = Callable[[float], bool]


@contextmanager
def nudges_for(user_id: uuid.UUID) -> Iterator[Wait]:
    """Subscribe to the user's nudges. The yielded function waits some seconds, and returns whether one came.

    It does not wait when too many requests wait in this process, or without Redis: the client polls again.
    """
    if not long_polls.may_wait(user_id):
        yield _do_not_wait
        return
    listener = _subscribe(user_id)
    try:
        yield _wait_with(listener) if listener else _do_not_wait
    finally:
        if listener:
            listener.close()
        long_polls.end(user_id)


def _subscribe(user_id: uuid.UUID) -> PubSub | None:
    """A subscription to the user's nudges; None without Redis."""
    try:
        with redis_client() as client, ExitStack() as stack:
            listener: PubSub = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
            stack.callback(listener.close)
            listener.subscribe(channel_of(user_id))  # type: ignore[no-untyped-call]
            listener.get_message(timeout=1)  # the confirmation: everything published after it arrives
            stack.pop_all()
            return listener
    except (RedisError, OSError):
        return None


def _wait_with(listener: PubSub) -> Wait:
    def wait(seconds: float) -> bool:
        if not connection.in_atomic_block:
            connection.close()  # it returns to the pool
        try:
            return seconds > 0 and listener.get_message(timeout=seconds) is not None
        except (RedisError, OSError):
            return False

    return wait


def _do_not_wait(seconds: float) -> bool:
    return False


EVENTS_MAX = 100
_decode = msgspec.json.Decoder().decode
_EVENTS_AFTER = """
    SELECT seq, name, data::text, created_at FROM notifications_event
    WHERE user_id = %(user_id)s AND seq > %(since)s
    ORDER BY seq LIMIT %(limit)s
"""
# The cluster and its timeline, which a promotion and a restore change; empty on a standby.
EPOCH = """(
    SELECT CASE WHEN pg_is_in_recovery() THEN ''
           ELSE to_hex(system_identifier) || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END
    FROM pg_control_system()
)"""
_LOG = f"""
    SELECT max(head), max(floor), (
        SELECT count(*) FROM notifications_event
        WHERE user_id = %(user_id)s AND wants_push AND read_at IS NULL AND withdrawn_at IS NULL
    ), {EPOCH}
    FROM notifications_eventcounter WHERE user_id = %(user_id)s
"""  # noqa: S608 - our own constant


class Log(NamedTuple):
    """The newest number, the newest number that was removed, and the number of unread events worth a push.

    Numbers mean the same only within one epoch: a failover that loses the newest events gives their numbers again.
    """

    head: int
    floor: int
    unread: int
    epoch: str

    def reaches_back_to(self, since: int, epoch: str) -> bool:
        """Whether every event after `since` is still stored. A `since` above the head is of another log."""
        return self.floor <= since <= self.head and is_same_epoch(epoch, self.epoch)


def is_same_epoch(one: str, other: str) -> bool:
    """Whether numbers mean the same in both. An empty epoch is not known, and taken for the same."""
    return one == other or not (one and other)


def events_after(*, user_id: uuid.UUID, since: int, limit: int = EVENTS_MAX) -> list[LoggedEvent]:
    """At most `limit` events after `since`, in order. Complete only when the log reaches back to `since`."""
    rows = fetch_prepared(_EVENTS_AFTER, {"user_id": user_id, "since": since, "limit": limit})
    return [LoggedEvent(seq, name, _decode(data), at) for seq, name, data, at in rows]


def log_of(user_id: uuid.UUID) -> Log:
    """The bounds of this user's log, and how much of it is unread."""
    ((head, floor, unread, epoch),) = fetch_prepared(_LOG, {"user_id": user_id})
    return Log(head=head or 0, floor=floor or 0, unread=unread, epoch=epoch)


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
