"""The response bodies of this app."""

import uuid
from datetime import datetime, time
from typing import Annotated, Any, Self

from django.utils.translation import get_language
from msgspec import Meta

from backend.accounts.models import User
from backend.core.http.responses import ResponseBody, described_as
from notifications.frames import EventFrame
from notifications.kinds import Category, kind_of
from notifications.models import Device, Event
from notifications.texts import ids_in, link_of, text_of

# RFC 3339 knows no time of day without an offset; quiet hours have none, and are city time.
TIME_OF_DAY = {"format": "partial-time", "pattern": r"^\d{2}:\d{2}(:\d{2})?$"}
QuietTime = Annotated[time, Meta(extra_json_schema=TIME_OF_DAY)]


class DeviceOut(ResponseBody):
    """A registered device. Its push address is never shown."""

    id: uuid.UUID
    kind: Device.Kind
    platform: Device.Platform
    locale: User.Locale
    app_version: str
    created_at: datetime
    last_seen_at: datetime


class Choices(ResponseBody):
    """What the user wants to be notified of, and when not. Quiet hours are city time; null means the city's own."""

    chat: bool
    likes: bool
    matches: bool
    handover: bool
    nearby: bool
    digest: bool
    push: Annotated[bool, Meta(description="Reach me on my phones and browsers.")]
    line: Annotated[bool, Meta(description="Reach me on LINE, where no phone or browser can be reached.")]
    email: Annotated[bool, Meta(description="A mail a day of what I have not read.")]
    preview: Annotated[bool, Meta(description="Show the text of chat messages in pushes.")]
    quiet_from: Annotated[QuietTime | None, Meta(description="City time; the city's own hours when empty.")]
    quiet_until: QuietTime | None


class EmailOut(ResponseBody):
    """The address, and since when it is verified."""

    address: Annotated[str, Meta(extra_json_schema={"format": "email"})]
    verified_at: datetime | None


class LineState(ResponseBody):
    """Whether LINE can be used, and is."""

    available: Annotated[bool, Meta(description="Whether the city has a LINE account.")]
    linked: bool


class LineCode(ResponseBody):
    """What to send to the city's LINE account."""

    code: str
    url: Annotated[str, Meta(description="Opens LINE with the code written.", extra_json_schema={"format": "uri"})]
    expires_at: datetime


class EventsOut(ResponseBody):
    """At most 100 events in order; ask again while the last is below `head`."""

    events: list[EventFrame]
    head: Annotated[int, Meta(description="The last number given.")]
    epoch: Annotated[str, Meta(description="Changes when numbers may be given again; send it with `since`.")]
    unread: Annotated[int, Meta(description="How many things worth a push are unread.")]
    reset: Annotated[
        bool,
        Meta(description="The log does not reach back to `since`, or has another epoch: reload, continue from `head`."),
    ]
    gone: Annotated[
        list[Annotated[dict[str, Any], described_as("PickupClosedFrame")]],
        Meta(
            description="`pickup.closed` frames, as on the socket: cards of the last deck that are closed. They are "
            "repeated until another deck is loaded.",
        ),
    ]


class InboxEntry(ResponseBody):
    """One line of the inbox, in the reader's language."""

    seq: Annotated[int, Meta(description="The number of its event; reading it reads all earlier about the same.")]
    event: Annotated[str, Meta(description="Such as match.made.")]
    category: Category
    title: str
    body: str
    link: Annotated[str, Meta(description="Where a tap leads, as a path inside the app.")]
    ids: Annotated[dict[str, uuid.UUID], Meta(description="Of what it is about, such as `match`.")]
    unread: Annotated[int, Meta(description="How many unread events it stands for; 0 once read.")]
    at: datetime

    @classmethod
    def of(cls, event: Event, unread: int = 0) -> Self:
        """The entry of `event` in the active language, with the text of a chat message, since the app is unlocked."""
        kind, language = kind_of(event.name), get_language() or "en"
        text = text_of(event=event.name, data=event.data, locale=language, count=max(unread, 1), preview=True)
        return cls(
            seq=event.seq,
            event=event.name,
            category=kind.category,
            title=text.title,
            body=text.body,
            link=link_of(event),
            ids={name: uuid.UUID(text) for name, text in ids_in(event).items()},
            unread=unread,
            at=event.created_at,
        )


class UnreadOut(ResponseBody):
    """How much is unread."""

    unread: Annotated[int, Meta(description="What the app icon shows.")]


class UnreadByCategory(UnreadOut):
    """How much is unread, and about what."""

    categories: dict[str, int]
