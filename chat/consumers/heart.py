"""Heartbeats for all sockets of a process, each batch with one query."""

import asyncio
import uuid
from collections.abc import Callable, Iterable
from typing import NoReturn, Protocol

import structlog

from backend.shared.clock import read_clock
from chat.consumers.threads import DATABASE_AWAY, in_thread
from chat.selectors.sockets import Standing, standings_of

log = structlog.get_logger(__name__)
TICK_S = 0.25
PATIENCE_S = 3


class Beating(Protocol):
    """An open socket, as the heart sees it. No call may wait."""

    @property
    def session_id(self) -> uuid.UUID:
        """Its session's public id."""

    def is_due(self, now_s: float) -> bool:
        """Whether its next heartbeat is due at this time of the loop's clock."""

    def beat(self, standing: Standing | None) -> None:
        """Send a heartbeat; None when nobody knows better than the socket itself."""

    def sign_out(self) -> None:
        """The session has ended."""


class Heart:
    """Looks four times a second whose beat is due, and asks for them all at once."""

    def __init__(self, sockets: Callable[[], Iterable[Beating]]) -> None:
        self._sockets = sockets

    async def run(self) -> NoReturn:
        """Beat for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK_S)
            now_s = loop.time()
            try:
                await self._beat([socket for socket in self._sockets() if socket.is_due(now_s)])
            except Exception:
                log.exception("heart_failed")

    async def _beat(self, due: list[Beating]) -> None:
        if not due:
            return
        standings = await self._ask([socket.session_id for socket in due])
        for socket in due:
            if standings is not None and socket.session_id not in standings:
                socket.sign_out()
            else:
                socket.beat(standings[socket.session_id] if standings else None)

    async def _ask(self, session_ids: list[uuid.UUID]) -> dict[uuid.UUID, Standing] | None:
        """None while the database is away: sockets stay, and their people learn nothing new."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await in_thread(standings_of, session_ids, read_clock())
        except (TimeoutError, *DATABASE_AWAY) as error:
            log.warning("heads_unread", sockets=len(session_ids), reason=type(error).__name__)
            return None
