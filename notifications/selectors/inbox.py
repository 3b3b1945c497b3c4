"""Reading the inbox, which is a view of the event log."""

import uuid
from collections import Counter
from collections.abc import Collection

from django.db.models import Count, QuerySet

from backend.core.db.prepared import columns_of, fetch_models, fetch_prepared
from backend.core.errors import NotFound
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
