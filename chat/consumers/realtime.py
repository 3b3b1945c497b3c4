"""What all sockets of one process share: the hub, the heart, and who shows what."""

import asyncio
from types import TracebackType
from typing import Self

from chat.consumers.heart import Heart
from chat.consumers.holders import Holders
from chat.consumers.hub import Hub
from chat.consumers.threads import give_connections_back


class Realtime:
    """Lives as long as the process serves: `async with Realtime() as realtime`."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.holders = Holders()
        self._heart = Heart(self.hub.listeners)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Start to listen and to beat."""
        self._tasks = [asyncio.create_task(self.hub.run()), asyncio.create_task(self._heart.run())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop both, and give the database connections back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await give_connections_back()
