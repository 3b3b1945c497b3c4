"""One user's events on one socket: all of them, in order, each once."""

import uuid
from collections import deque
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.utils import translation
from msgspec import Struct

from chat.consumers.database import in_thread
from chat.consumers.frames import Reset, encode
from notifications.frames import EventFrame, LoggedEvent
from notifications.selectors.events import SEQ_MAX, events_after, is_same_epoch

BATCH = 16
BATCH_CHARACTERS_MAX = 16_384
NUDGES_MAX = 64
# The position of a client in a log that this one does not continue: above every head.
IN_ANOTHER_LOG = SEQ_MAX
NUDGE_CHARACTERS_MAX = 32_768


class Nudge(Struct, frozen=True):
    """What was published for one user. Its `type` decides which fields are set.

    `event`: an event frame with its `seq` and the time `at` which it happened; `text` is the whole frame. `head`: only
    the `seq` of an event, which is read from the log because each reader gets it in their own language. `signed_out`:
    the `session` that has ended. `held`: the cards (`things`) that a client shows `since` then. Any other type is a
    frame to pass on as it is.
    """

    type: str
    seq: int = 0
    session: str = ""
    things: tuple[str, ...] = ()
    since: float = 0.0
    at: datetime | None = None
    text: str = ""


class EventFeed:
    """The client's position in the event log, and the nudges that are ahead of it.

    Nudges that continue the log are sent as they came. After a gap, a burst or a higher head, events are read from the
    log: nudges are kept in memory only, and may be lost at any time.
    """

    def __init__(self, user_id: uuid.UUID) -> None:
        self._user_id = user_id
        self.language = settings.LANGUAGE_CODE
        self.head = 0
        self.epoch = ""
        self._sent: int | None = None
        self._nudges: deque[Nudge] = deque()
        self._nudge_characters = 0

    def resume(self, since: int, epoch: str) -> None:
        """The client has every event up to `since` and wants those after it."""
        self._sent = since if is_same_epoch(epoch, self.epoch) else IN_ANOTHER_LOG
        self._clear_nudges()

    def follow_log(self, head: int, epoch: str) -> bool:
        """The log's newest number. Returns whether its epoch has changed: then the client has to load again."""
        if is_same_epoch(epoch, self.epoch):
            self.raise_head(head)
            self.epoch = epoch or self.epoch
            return False
        self.head, self.epoch = head, epoch
        if self._sent is not None:
            self.resume(IN_ANOTHER_LOG, epoch)
        return True

    def raise_head(self, head: int) -> None:
        """Events up to `head` exist."""
        self.head = max(self.head, head)

    def add(self, nudge: Nudge) -> None:
        """An event has just been published."""
        self.raise_head(nudge.seq)
        is_wanted = self._sent is not None and nudge.seq > self._sent
        if is_wanted and len(self._nudges) < NUDGES_MAX and self._nudge_characters < NUDGE_CHARACTERS_MAX:
            self._nudges.append(nudge)
            self._nudge_characters += len(nudge.text)

    async def next_frames(self) -> list[str]:
        """The frames to write now, in order; empty when the client has every event or has not resumed."""
        while self._sent is not None:
            if self._sent > self.head:
                return self._reset()
            if frames := self._take_nudges():
                return frames
            if self._sent == self.head:
                break
            frames_from_log = await self._read_log(self._sent)
            if frames_from_log is not None:
                return frames_from_log
        return []

    def _take_nudges(self) -> list[str]:
        """The nudges that continue the log at the client's position."""
        frames = []
        while self._nudges and self._sent is not None and self._nudges[0].seq <= self._sent + 1:
            nudge = self._nudges.popleft()
            self._nudge_characters -= len(nudge.text)
            if nudge.seq == self._sent + 1:
                self._sent = nudge.seq
                frames.append(nudge.text)
        return frames

    async def _read_log(self, since: int) -> list[str] | None:
        """The next events from the log; None when the client has resumed elsewhere meanwhile."""
        events = await in_thread(events_after, user_id=self._user_id, since=since, limit=BATCH)
        if self._sent != since:
            return None
        if not events or events[0].seq != since + 1:
            return self._reset()
        # The log may be ahead of the nudges and heartbeats.
        self.raise_head(events[-1].seq)
        return self._frames_of(events)

    def _frames_of(self, events: Iterable[LoggedEvent]) -> list[str]:
        """One frame at least, and then as many as may wait for a client that does not read."""
        frames, characters = [], 0
        with translation.override(self.language):
            for event in events:
                frames.append(encode(EventFrame.of(event)))
                characters += len(frames[-1])
                self._sent = event.seq
                if characters > BATCH_CHARACTERS_MAX:
                    break
        return frames

    def _reset(self) -> list[str]:
        self._sent = None
        self._clear_nudges()
        return [encode(Reset(head=self.head, epoch=self.epoch))]

    def _clear_nudges(self) -> None:
        self._nudges.clear()
        self._nudge_characters = 0
