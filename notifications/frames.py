"""How an event looks on the socket and in `GET /events`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from msgspec import Meta

from backend.core.http.responses import ResponseBody
from backend.core.redis.nudges import Frame
from notifications.models import Event
from notifications.rendering import rendered


class EventFrame(ResponseBody, tag="event"):
    """One past fact, as on the socket."""

    seq: int
    event: Annotated[str, Meta(description="Such as match.made.")]
    data: Mapping[str, Any]
    at: datetime

    @classmethod
    def of(cls, event: Event) -> Self:
        """The frame of `event`, in the language that is active now."""
        return cls(seq=event.seq, event=event.name, data=rendered(event.name, event.data), at=event.created_at)


def nudge_of(event: Event) -> Frame:
    """The frame that Redis carries for `event`."""
    return nudge(seq=event.seq, name=event.name, data=event.data, at=event.created_at)


def nudge(*, seq: int, name: str, data: Mapping[str, Any], at: datetime) -> Frame:
    """The frame that Redis carries: the event itself, or only its number where each reader needs their own language."""
    if rendered(name, data) is not data:
        return {"type": "head", "seq": seq}
    return EventFrame(seq=seq, event=name, data=data, at=at)
