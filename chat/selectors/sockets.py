"""The state of sessions that open sockets depend on."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from backend.accounts.selectors.sessions import live_sessions
from notifications.selectors.devices import has_silent_device


class SessionState(NamedTuple):
    """A live session: the `seq` of its user's newest event, and the user's language."""

    head: int
    language: str


def session_states(session_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, SessionState]:
    """The states by session id, in one query; sessions that have ended are missing."""
    rows = live_sessions(now).filter(public_id__in=session_ids)
    wanted = rows.values_list("public_id", "user__event_counter__head", "user__locale")
    return {session_id: SessionState(head or 0, language) for session_id, head, language in wanted}


def session_state(session_id: uuid.UUID, now: datetime) -> tuple[SessionState | None, bool]:
    """The state of one session, and whether its device's last sign of life is old enough to renew; in one query."""
    row = live_sessions(now).filter(public_id=session_id).annotate(is_silent=has_silent_device(now))
    found = row.values_list("user__event_counter__head", "user__locale", "is_silent").first()
    return (SessionState(found[0] or 0, found[1]), found[2]) if found else (None, False)
