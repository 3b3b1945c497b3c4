"""Taking events back: those that stopped being true, and the parts of their data that must not be shown any more.

Events that a later one supersedes are marked as read by `notify`.
"""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from notifications.models import Event
from notifications.services.locks import update_events

_encode = msgspec.json.Encoder().encode
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
