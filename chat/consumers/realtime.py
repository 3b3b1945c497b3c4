"""What all sockets of one process share: the hub, the publisher, the heartbeats and the database pool."""

import asyncio
import uuid
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import NoReturn, Self

import structlog
from django.conf import settings

from backend.core.clock import read_clock
from backend.core.redis.nudges import Frame, encode_frames
from backend.core.redis.open_sockets import renew_slots
from chat.consumers.card_presence import CardPresence
from chat.consumers.database import DATABASE_UNAVAILABLE, StatementPool, in_thread
from chat.consumers.hub import Hub, OpenSocket, Publisher
from chat.selectors import SessionState, session_states

log = structlog.get_logger(__name__)
TICK_S = 0.25
QUERY_TIMEOUT_S = 3


class Heartbeats:
    """Checks four times a second which sockets are due, and reads the state of all their sessions at once."""

    def __init__(self, sockets: Callable[[], Iterable[OpenSocket]]) -> None:
        self._sockets = sockets

    async def run(self) -> NoReturn:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK_S)
            now_s = loop.time()
            try:
                await self._send([socket for socket in self._sockets() if socket.is_heartbeat_due(now_s)])
            except Exception:
                log.exception("heartbeat_failed")

    async def _send(self, due: list[OpenSocket]) -> None:
        if not due:
            return
        states = await self._read_states([socket.session_id for socket in due])
        for socket in due:
            if states is not None and socket.session_id not in states:
                socket.sign_out()
            else:
                socket.send_heartbeat(states[socket.session_id] if states else None)
        slots = [socket.slot for socket in due if socket.slot]
        await in_thread(renew_slots, slots, now=read_clock())

    async def _read_states(self, session_ids: list[uuid.UUID]) -> dict[uuid.UUID, SessionState] | None:
        """None while the database is unavailable: the sockets stay open."""
        try:
            async with asyncio.timeout(QUERY_TIMEOUT_S):
                return await in_thread(session_states, session_ids, read_clock())
        except (TimeoutError, *DATABASE_UNAVAILABLE) as error:
            log.warning("heads_unread", sockets=len(session_ids), reason=type(error).__name__)
            return None


class Realtime:
    """The shared objects, while the process serves.

    Use it as a context manager in the lifespan of the ASGI application: `async with Realtime() as realtime`.
    """

    def __init__(self) -> None:
        self.hub = Hub()
        self.card_presence = CardPresence()
        self.database = StatementPool(settings.SOCKET_CONNECTIONS)
        self._publisher = Publisher()
        self._heartbeats = Heartbeats(self.hub.sockets)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self.database.open()
        self._tasks = [asyncio.create_task(each.run()) for each in (self.hub, self._publisher, self._heartbeats)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.database.close()

    def deliver(self, frames: Sequence[tuple[uuid.UUID, Frame]]) -> None:
        """Send committed frames to these users' sockets: here at once, in other processes through Redis.

        Redis sends them back to this process too; sockets drop an event whose `seq` they have already sent.
        """
        messages = encode_frames(frames)
        self.hub.deliver(messages)
        self._publisher.add(messages)
