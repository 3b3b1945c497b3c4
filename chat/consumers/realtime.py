"""What all sockets of one process share."""

import asyncio
import uuid
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from django.conf import settings

from backend.core.redis.nudges import Frame, encode_frames
from chat.consumers.card_presence import CardPresence
from chat.consumers.database import StatementPool
from chat.consumers.heartbeat import Heartbeats
from chat.consumers.hub import Hub, Publisher


class Realtime:
    """The hub, the publisher, the heartbeats and the database pool, while the process serves.

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
        """Open the pool and start the background tasks."""
        await self.database.open()
        self._tasks = [asyncio.create_task(each.run()) for each in (self.hub, self._publisher, self._heartbeats)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the tasks and close the pool."""
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
