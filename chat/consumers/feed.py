"""One person's events on one socket: all of them, in order, each once."""

import uuid
from collections import deque
from collections.abc import Iterable

from django.conf import settings
from django.utils import translation
from msgspec import Struct

from chat.consumers.frames import Reset, encode
from chat.consumers.threads import in_thread
from notifications.frames import EventFrame
from notifications.models import Event
from notifications.selectors.events import events_after

BATCH = 16
BATCH_CHARACTERS_MAX = 16_384
NUDGES_MAX = 64
NUDGE_CHARACTERS_MAX = 32_768


class Nudge(Struct, frozen=True):
    """A frame that came through Redis: an event with its `seq`, `typing`, `signed_out` with its session, or `held`.

    `head` has the `seq` of an event that is to be read from the log, for each reader has to have his own.
    """

    type: str
    seq: int = 0
    session: str = ""
    things: tuple[str, ...] = ()
    since: float = 0.0
    text: str = ""


class Feed:
    """Where the client is in the log, and what is known to lie ahead.

    Nudges that continue the log go out as they came. Everything else, a hole, a burst too big to keep or a
    higher head, is read from the log: what is kept here may be lost at any time.
    """

    def __init__(self, user_id: uuid.UUID) -> None:
        self._user_id = user_id
        self.language = settings.LANGUAGE_CODE
        self.head = 0
        self._sent: int | None = None
        self._nudges: deque[Nudge] = deque()
        self._size = 0

    def resume(self, since: int) -> None:
        """The client has everything up to `since`, and wants what follows."""
        self._sent = since
        self._forget()

    def see_head(self, head: int) -> None:
        """Events up to `head` exist."""
        self.head = max(self.head, head)

    def take(self, nudge: Nudge) -> None:
        """An event has just happened."""
        self.see_head(nudge.seq)
        is_wanted = self._sent is not None and nudge.seq > self._sent
        if is_wanted and len(self._nudges) < NUDGES_MAX and self._size < NUDGE_CHARACTERS_MAX:
            self._nudges.append(nudge)
            self._size += len(nudge.text)

    async def next_frames(self) -> list[str]:
        """What to write now, in order; nothing when the client has all there is, or has not resumed."""
        while self._sent is not None:
            if self._sent > self.head:
                return self._reset()
            if fresh := self._take_fresh():
                return fresh
            if self._sent == self.head:
                break
            healed = await self._heal(self._sent)
            if healed is not None:
                return healed
        return []

    def _take_fresh(self) -> list[str]:
        """The nudges that continue the log where the client is."""
        frames = []
        while self._nudges and self._sent is not None and self._nudges[0].seq <= self._sent + 1:
            nudge = self._nudges.popleft()
            self._size -= len(nudge.text)
            if nudge.seq == self._sent + 1:
                self._sent = nudge.seq
                frames.append(nudge.text)
        return frames

    async def _heal(self, since: int) -> list[str] | None:
        """The next events from the log; None when the client has resumed elsewhere meanwhile."""
        events = await in_thread(events_after, user_id=self._user_id, since=since, limit=BATCH)
        if self._sent != since:
            return None
        if not events or events[0].seq != since + 1:
            return self._reset()
        # The log may be ahead of what nudges and heartbeats have told.
        self.see_head(events[-1].seq)
        return self._frames_of(events)

    def _frames_of(self, events: Iterable[Event]) -> list[str]:
        """As many as a client that does not read may leave lying here, and one at least."""
        frames, size = [], 0
        with translation.override(self.language):
            for event in events:
                frames.append(encode(EventFrame.of(event)))
                size += len(frames[-1])
                self._sent = event.seq
                if size > BATCH_CHARACTERS_MAX:
                    break
        return frames

    def _reset(self) -> list[str]:
        self._sent = None
        self._forget()
        return [encode(Reset(head=self.head))]

    def _forget(self) -> None:
        self._nudges.clear()
        self._size = 0
