"""What open sockets need to know of their people, for many at once."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from backend.accounts.selectors.sessions import live_sessions


class Standing(NamedTuple):
    """A session that lives: the number of its person's newest event, and that person's language."""

    head: int
    language: str


def standings_of(session_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, Standing]:
    """By session, in one query; those that have ended are missing."""
    rows = live_sessions(now).filter(public_id__in=session_ids)
    wanted = rows.values_list("public_id", "user__event_counter__head", "user__locale")
    return {session_id: Standing(head or 0, language) for session_id, head, language in wanted}
