"""How an event looks on the socket and in `GET /events`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from notifications.models import Event
from notifications.rendering import rendered


def frame_of(event: Event) -> dict[str, object]:
    """`{"type": "event", "seq", "event", "data", "at"}`, JSON-ready, in the language that is active now."""
    return _frame(event.seq, event.name, rendered(event.name, event.data), event.created_at)


def nudge_of(event: Event) -> dict[str, object]:
    """What goes through Redis: the frame; or, where each reader has to have his own, only that there is one."""
    return nudge(seq=event.seq, name=event.name, data=event.data, at=event.created_at)


def nudge(*, seq: int, name: str, data: Mapping[str, Any], at: datetime) -> dict[str, object]:
    """The same, of an event without its row."""
    is_for_all = rendered(name, data) is data
    return _frame(seq, name, data, at) if is_for_all else {"type": "head", "seq": seq}


def _frame(seq: int, name: str, data: Mapping[str, Any], at: datetime) -> dict[str, object]:
    return {"type": "event", "seq": seq, "event": name, "data": data, "at": at.isoformat().replace("+00:00", "Z")}
