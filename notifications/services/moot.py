"""Ending what has not been read yet: overtaken by something later, or true no more."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec
from django.db import connection

from notifications.kinds import kind_of
from notifications.models import Event
from notifications.services.locks import update_events

_encode = msgspec.json.Encoder().encode

# The rows are locked in one order, or two that settle the same events would wait for each other.
_OVERTAKE = """
    UPDATE notifications_event SET read_at = %s WHERE id IN (
        SELECT event.id
        FROM jsonb_to_recordset(%s::jsonb) AS later (user_id uuid, seq bigint, names text[], about jsonb)
        JOIN notifications_event event
          ON event.user_id = later.user_id AND event.seq < later.seq
         AND event.name = ANY(later.names) AND event.data @> later.about
        WHERE event.wants_push AND event.read_at IS NULL AND event.withdrawn_at IS NULL
        ORDER BY event.id FOR NO KEY UPDATE OF event)
"""


def withdraw(
    *, user_ids: Collection[uuid.UUID], events: Collection[str], about: Mapping[str, str], now: datetime
) -> int:
    """Take back events of these names whose data holds `about`, such as `{"like": id}`, unless they have been read.

    They are not pushed any more, and leave the inbox; the log still has them. Part of the caller's transaction: its
    last call, after `notify`, since whoever delivers locks the counters before the events. Returns how many.
    """
    unread = Event.objects.filter(wants_push=True, read_at=None, withdrawn_at=None)
    found = unread.filter(user_id__in=user_ids, name__in=events, data__contains=dict(about))
    return update_events(found, withdrawn_at=now)


def overtake(*, events: Sequence[Event], now: datetime) -> None:
    """What these new events have overtaken counts as read. The caller holds the counters of their people."""
    if later := [row for event in events if (row := _row(event))]:
        with connection.cursor() as cursor:
            cursor.execute(_OVERTAKE, [now, _encode(later).decode()])


def _row(event: Event) -> Mapping[str, object] | None:
    kind = kind_of(event.name)
    if not kind.overtakes or kind.about not in event.data:
        return None
    about = {kind.about: event.data[kind.about]}
    return {"user_id": event.user_id, "seq": event.seq, "names": list(kind.overtakes), "about": about}
