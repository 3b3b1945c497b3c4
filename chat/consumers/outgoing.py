"""Writing to one socket: one task, a bounded line of answers, and patience that ends."""

import asyncio
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog
from django.conf import settings

from chat.consumers.codes import REASONS, Close
from chat.consumers.feed import Feed
from chat.consumers.frames import ServerFrame, encode
from chat.consumers.threads import DATABASE_AWAY

log = structlog.get_logger(__name__)
Send = Callable[[dict[str, Any]], Awaitable[None]]
LINE_CHARACTERS_MAX = 32_768
# The system keeps as much again. By itself it would keep megabytes for a client that does not read.
KERNEL_BYTES_MAX = 32_768
# And so does the event loop: a frame more than this, instead of 64 kB, before a writer has to wait.
LOOP_BYTES_MAX = 8_192
CLOSE_GRACE_S = 2


class Outgoing:
    """Answers wait here in line, events in the log; so a client that does not read costs little and is closed."""

    def __init__(self, send: Send, feed: Feed) -> None:
        self._send, self._feed = send, feed
        self._line: deque[str] = deque()
        self._size = 0
        self._work = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._close_code: Close | None = None

    async def say(self, frame: ServerFrame) -> None:
        """Put an answer in line, once there is room: whoever does not read is not read from either."""
        await self._room.wait()
        self._put(encode(frame))

    def mention(self, text: str) -> None:
        """Put in line what may be lost; it is, if there is no room."""
        if self._room.is_set():
            self._put(text)

    def wake(self) -> None:
        """Look at the feed again."""
        self._work.set()

    def finish(self, code: Close) -> None:
        """Write nothing any more, and close with `code`; the first code counts."""
        if self._close_code is None:
            self._close_code = code
        self._work.set()

    async def run(self) -> None:
        """Write until the end. Closes the socket when told to, or when the client does not read in time."""
        _bound_buffers(self._send)
        try:
            await self._write_until_finished()
        except TimeoutError:
            self.finish(Close.TRY_LATER)
        except OSError:
            return
        except Exception:
            log.exception("socket_writer_failed")
        finally:
            self._room.set()
        await self._close(self._close_code or Close.TRY_LATER)

    async def _write_until_finished(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            while frames := self._take_line() or await self._next_events():
                await self._write(frames)
                if self._close_code is not None:
                    return
            if self._close_code is not None:
                return

    async def _next_events(self) -> list[str]:
        """From the feed; none while the database is away. The next heartbeat asks again."""
        try:
            return await self._feed.next_frames()
        except DATABASE_AWAY as error:
            log.warning("event_log_unread", reason=type(error).__name__)
            return []

    async def _write(self, frames: Iterable[str]) -> None:
        """All of these, unless the socket is to be closed meanwhile. Few enough that one time limit will do."""
        async with asyncio.timeout(settings.SOCKET_SEND_TIMEOUT_S):
            for frame in frames:
                if self._close_code is None:
                    await self._send({"type": "websocket.send", "text": frame})

    def _put(self, text: str) -> None:
        self._line.append(text)
        self._size += len(text)
        if self._size >= LINE_CHARACTERS_MAX:
            self._room.clear()
        self._work.set()

    def _take_line(self) -> list[str]:
        frames = list(self._line)
        self._line.clear()
        self._size = 0
        self._room.set()
        return frames

    async def _close(self, code: Close) -> None:
        """Say goodbye, then hang up on whoever does not listen."""
        asyncio.get_running_loop().call_later(CLOSE_GRACE_S, _abort, self._send)
        try:
            async with asyncio.timeout(CLOSE_GRACE_S):
                await self._send({"type": "websocket.close", "code": int(code), "reason": REASONS[code]})
        except OSError:
            return


def _abort(send: Send) -> None:
    """Drop the connection with all that is still to be written."""
    if transport := _transport_of(send):
        transport.abort()


def _bound_buffers(send: Send) -> None:
    """Let the event loop and the system keep little of what this client has not read."""
    transport = _transport_of(send)
    if transport is None:
        return
    transport.set_write_buffer_limits(high=LOOP_BYTES_MAX)
    line = transport.get_extra_info("socket")
    if line is not None and line.family in (socket.AF_INET, socket.AF_INET6):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES_MAX)


def _transport_of(send: Send) -> Any:
    """ASGI has no word for the connection itself, so we ask uvicorn's; None elsewhere."""
    return getattr(getattr(send, "__self__", None), "transport", None)
