"""What is told to other processes: published through Redis in order, all that waits in one go."""

import asyncio
from collections.abc import Sequence
from typing import NoReturn

import structlog
from redis import RedisError
from redis.asyncio import Connection

from backend.shared.redis import loop_connection

log = structlog.get_logger(__name__)
PATIENCE_S = 1
WAITING_MAX = 10_000


class Outbox:
    """Nobody waits for it. What Redis does not take within a second is lost, as any nudge may be."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, bytes]] = []
        self._work = asyncio.Event()
        self._connection: Connection | None = None

    def put(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish each `(channel, payload)` soon."""
        self._waiting += messages
        self._work.set()

    async def run(self) -> NoReturn:
        """Publish for ever."""
        try:
            while True:
                await self._work.wait()
                self._work.clear()
                await self._publish_all()
        finally:
            await self._hang_up()

    async def _publish_all(self) -> None:
        messages, too_many, self._waiting = self._waiting[:WAITING_MAX], self._waiting[WAITING_MAX:], []
        if too_many:
            log.warning("nudges_lost", count=len(too_many), reason="too many at once")
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._publish(messages)
        except (RedisError, OSError) as error:
            log.warning("nudges_lost", count=len(messages), reason=type(error).__name__)
            await self._hang_up()
        except Exception:
            log.exception("outbox_failed")
            await self._hang_up()

    async def _publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        line = self._connection
        if line is None:
            line = self._connection = loop_connection("outbox")
            await line.connect()  # type: ignore[no-untyped-call]
        commands = line.pack_commands([("PUBLISH", *message) for message in messages])
        await line.send_packed_command(commands, check_health=False)
        for _ in messages:
            await line.read_response()

    async def _hang_up(self) -> None:
        if self._connection is not None:
            await self._connection.disconnect(nowait=True)
            self._connection = None
