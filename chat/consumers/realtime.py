"""What all sockets of one process share: the hub, the heart, the outbox, and who shows what."""

import asyncio
import uuid
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from django.conf import settings

from backend.shared.loop_database import LoopDatabase
from backend.shared.realtime import Frame, encode_frames
from chat.consumers.heart import Heart
from chat.consumers.holders import Holders
from chat.consumers.hub import Hub
from chat.consumers.outbox import Outbox
from chat.consumers.threads import give_connections_back


class Realtime:
    """Lives as long as the process serves: `async with Realtime() as realtime`."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.holders = Holders()
        self.database = LoopDatabase(settings.SOCKET_CONNECTIONS)
        self._outbox = Outbox()
        self._heart = Heart(self.hub.listeners)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Start to listen, to beat and to publish."""
        self._tasks = [asyncio.create_task(one.run()) for one in (self.hub, self._heart, self._outbox)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all three, and give the database connections back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.database.close()
        await give_connections_back()

    def tell(self, frames: Sequence[tuple[uuid.UUID, Frame]]) -> None:
        """What is committed goes to these people's sockets here at once, and to other processes through Redis.

        It comes back from there to this process too, where each socket knows by the number that it has it.
        """
        messages = encode_frames(frames)
        self.hub.tell(messages)
        self._outbox.put(messages)
