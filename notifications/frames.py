"""How an event looks on the socket and in `GET /events`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple, Self

from msgspec import Meta

from backend.core.http.responses import ResponseBody, described_as
from backend.core.redis.nudges import Frame
from notifications.models import Event

Renderer = Callable[[Mapping[str, Any]], Mapping[str, Any]]
_renderers: dict[str, Renderer] = {}


def register_renderer(event: str, renderer: Renderer) -> None:
    """Use `renderer` to write the data of this kind of event in the active language; the log stores no language.

    It must be quick, run no query, and return its argument itself when there is nothing to translate.
    """
    _renderers[event] = renderer


def render_data(event: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data in the active language; `data` itself when it is the same in every language."""
    renderer = _renderers.get(event)
    return renderer(data) if renderer else data


class LoggedEvent(NamedTuple):
    """The columns of an event that its frame shows."""

    seq: int
    name: str
    data: Mapping[str, Any]
    created_at: datetime


class EventFrame(ResponseBody, tag="event"):
    """One past fact, as on the socket."""

    seq: int
    event: Annotated[str, Meta(description="Such as match.made. More may come; ignore them.")]
    data: Annotated[Mapping[str, Any], described_as("EventData")]
    at: datetime

    @classmethod
    def of(cls, event: Event | LoggedEvent) -> Self:
        return cls(seq=event.seq, event=event.name, data=render_data(event.name, event.data), at=event.created_at)


def nudge_of(event: Event) -> Frame:
    """The frame that Redis carries for `event`."""
    return nudge(seq=event.seq, name=event.name, data=event.data, at=event.created_at)


def nudge(*, seq: int, name: str, data: Mapping[str, Any], at: datetime) -> Frame:
    """The frame that Redis carries: the event, or only its number when each reader needs their own language."""
    if render_data(name, data) is not data:
        return {"type": "head", "seq": seq}
    return EventFrame(seq=seq, event=name, data=data, at=at)
