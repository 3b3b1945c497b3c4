"""Acknowledgements: many frames, few writes."""

import asyncio
import uuid

import structlog

from chat.consumers.threads import DATABASE_AWAY, in_thread
from notifications.services.ack import acknowledge

log = structlog.get_logger(__name__)
PAUSE_S = 0.1


class Acks:
    """Remembers how far the client has shown, and writes it down a moment later, and at the end."""

    def __init__(self, user_id: uuid.UUID) -> None:
        self._user_id = user_id
        self._shown = self._written = 0
        self._task: asyncio.Task[None] | None = None

    def note(self, seq: int) -> None:
        """The client has shown everything up to `seq`."""
        self._shown = max(self._shown, seq)
        if self._shown > self._written and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._write_soon())

    async def flush(self) -> None:
        """Write down what was not yet."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
        await self._write()

    async def _write_soon(self) -> None:
        while self._shown > self._written:
            await asyncio.sleep(PAUSE_S)
            await self._write()

    async def _write(self) -> None:
        """A lost one costs a push too many at most."""
        seq = self._shown
        if seq <= self._written:
            return
        self._written = seq
        try:
            await in_thread(acknowledge, user_id=self._user_id, seq=seq)
        except DATABASE_AWAY as error:
            log.warning("ack_lost", reason=type(error).__name__)
