"""Taking back what events said, where somebody may not be held to it any more."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

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
# Finds them by their age, where it is known, instead of looking through all that these people were told.
_WRITTEN_AT = " AND created_at = %(at)s"


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
    """Of these people's events whose data hold `holding`: leave of `part` only `keep` and `put`, and call them read.

    `at` is when they were written, where that is known. Whoever was behind gets the rest in its place; no number goes
    missing. Events are locked after counters: call it after `notify`. Returns how many.
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
        cursor.execute(_REDACT + _WRITTEN_AT if at else _REDACT, values)
        return int(cursor.rowcount)
