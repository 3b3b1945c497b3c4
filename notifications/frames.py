"""How an event looks on the socket and in `GET /events`."""

from notifications.models import Event


def frame_of(event: Event) -> dict[str, object]:
    """`{"type": "event", "seq", "event", "data", "at"}`, JSON-ready."""
    return {
        "type": "event",
        "seq": event.seq,
        "event": event.name,
        "data": event.data,
        "at": event.created_at.isoformat().replace("+00:00", "Z"),
    }
