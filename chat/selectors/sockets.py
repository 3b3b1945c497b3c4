"""What open sockets need to know of their people, for many at once."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from backend.accounts.selectors.sessions import live_sessions
from notifications.selectors.devices import has_silent_device


class Standing(NamedTuple):
    """A session that lives: the number of its person's newest event, and that person's language."""

    head: int
    language: str


def standings_of(session_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, Standing]:
    """By session, in one query; those that have ended are missing."""
    rows = live_sessions(now).filter(public_id__in=session_ids)
    wanted = rows.values_list("public_id", "user__event_counter__head", "user__locale")
    return {session_id: Standing(head or 0, language) for session_id, head, language in wanted}


def standing_of(session_id: uuid.UUID, now: datetime) -> tuple[Standing | None, bool]:
    """The same of one session, and whether its device should be seen; in one query too."""
    row = live_sessions(now).filter(public_id=session_id).annotate(is_silent=has_silent_device(now))
    found = row.values_list("user__event_counter__head", "user__locale", "is_silent").first()
    return (Standing(found[0] or 0, found[1]), found[2]) if found else (None, False)
