"""How an event looks on the socket and in `GET /events`."""

from notifications.models import Event
from notifications.rendering import rendered


def frame_of(event: Event) -> dict[str, object]:
    """`{"type": "event", "seq", "event", "data", "at"}`, JSON-ready, in the language that is active now."""
    return {
        "type": "event",
        "seq": event.seq,
        "event": event.name,
        "data": rendered(event.name, event.data),
        "at": event.created_at.isoformat().replace("+00:00", "Z"),
    }


def nudge_of(event: Event) -> dict[str, object]:
    """What goes through Redis: the frame; or, where each reader has to have his own, only that there is one."""
    is_for_all = rendered(event.name, event.data) is event.data
    return frame_of(event) if is_for_all else {"type": "head", "seq": event.seq}
