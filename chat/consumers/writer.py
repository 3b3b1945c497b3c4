"""Writing to one socket: one task, a bounded queue of answers, and a time limit."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

import structlog
from django.conf import settings
from prometheus_client import Counter

from chat.consumers.database import DATABASE_UNAVAILABLE
from chat.consumers.event_feed import EventFeed
from chat.consumers.frames import CLOSE_REASONS, CloseCode, ServerFrame, encode
from chat.consumers.uvicorn_websocket import CLOSE_GRACE_S

log = structlog.get_logger(__name__)
QUEUE_CHARACTERS_MAX = 32_768
CLOSES = Counter("socket_closes", "Sockets that the service closed or did not admit, by reason.", ["reason"])


def count_close(code: CloseCode) -> None:
    CLOSES.labels(code.name.lower()).inc()


class SocketWriter:
    """Queues answers and reads events from the feed, so that a client that does not read costs little."""

    def __init__(
        self,
        send: Callable[[str], Awaitable[None]],
        close: Callable[[int, str], Awaitable[None]],
        feed: EventFeed,
    ) -> None:
        self._send, self._close_socket, self._feed = send, close, feed
        self._queue: deque[str] = deque()
        self._queue_characters = 0
        self._has_work = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._close_code: CloseCode | None = None

    async def send(self, frame: ServerFrame) -> None:
        """Queue an answer. Waits for room, so that no more frames are read from a client that does not read."""
        await self._has_room.wait()
        self._put(encode(frame))

    def send_droppable(self, text: str) -> None:
        """Queue a frame that may be lost; it is dropped when there is no room."""
        if self._has_room.is_set():
            self._put(text)

    def wake(self) -> None:
        """Look at the feed again."""
        self._has_work.set()

    def finish(self, code: CloseCode) -> None:
        """Write nothing more, and close with `code`; the first code counts."""
        if self._close_code is None:
            self._close_code = code
        self._has_work.set()

    async def run(self) -> None:
        """Write until `finish`, or until the client does not read in time; then close the socket."""
        try:
            await self._write_until_finished()
        except TimeoutError:
            self.finish(CloseCode.TRY_LATER)
        except OSError:
            return
        except Exception:
            log.exception("socket_writer_failed")
        finally:
            self._has_room.set()
        await self._close(self._close_code or CloseCode.TRY_LATER)

    async def _write_until_finished(self) -> None:
        while True:
            await self._has_work.wait()
            self._has_work.clear()
            while frames := self._take_queue() or await self._next_events():
                await self._write(frames)
                if self._close_code is not None:
                    return
            if self._close_code is not None:
                return

    async def _next_events(self) -> list[str]:
        """Event frames; none while the database is unavailable. The next heartbeat tries again."""
        try:
            return await self._feed.next_frames()
        except DATABASE_UNAVAILABLE as error:
            log.warning("event_log_unread", reason=type(error).__name__)
            return []

    async def _write(self, frames: Iterable[str]) -> None:
        """Write the frames, unless the socket is to be closed meanwhile. They are few: one time limit covers all."""
        async with asyncio.timeout(settings.SOCKET_SEND_TIMEOUT_S):
            for frame in frames:
                if self._close_code is None:
                    await self._send(frame)

    def _put(self, text: str) -> None:
        self._queue.append(text)
        self._queue_characters += len(text)
        if self._queue_characters >= QUEUE_CHARACTERS_MAX:
            self._has_room.clear()
        self._has_work.set()

    def _take_queue(self) -> list[str]:
        frames = list(self._queue)
        self._queue.clear()
        self._queue_characters = 0
        self._has_room.set()
        return frames

    async def _close(self, code: CloseCode) -> None:
        """Send the close frame. A client that does not read it is disconnected by `BoundedWebSocket`."""
        count_close(code)
        try:
            async with asyncio.timeout(CLOSE_GRACE_S):
                await self._close_socket(int(code), CLOSE_REASONS[code])
        except OSError:
            return
