"""One phone's socket: opened with a ticket, resumed, acknowledged, and watched for gaps."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tools.tour.checks import Differs, expect

Frame = dict[str, Any]
PATIENCE_S = 8.0


class Link:
    """An open socket. Every event must follow the one before it; each is acknowledged once seen."""

    def __init__(self, owner: str, connection: ClientConnection, since: int) -> None:
        self._owner, self._connection, self.last_seq = owner, connection, since
        self.frames: list[Frame] = []
        self._arrived = asyncio.Condition()
        self._trouble: Differs | None = None
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, owner: str, url: str, ticket: str, since: int) -> "Link":
        """Connect, hear hello, and resume after event `since`."""
        connection = await connect(url, subprotocols=["tft.v1", f"ticket.{ticket}"], proxy=None)  # type: ignore[list-item]
        expect(f"{owner}: the protocol the socket speaks", connection.subprotocol, "tft.v1")
        link = cls(owner, connection, since)
        await link.wait_for("hello", lambda frame: frame["type"] == "hello")
        await link.send({"type": "resume", "since": since})
        return link

    async def _read(self) -> None:
        try:
            async for text in self._connection:
                frame = json.loads(text)
                await self._follow(frame)
                async with self._arrived:
                    self.frames.append(frame)
                    self._arrived.notify_all()
        except ConnectionClosed:
            return
        except Differs as difference:
            self._trouble = difference

    async def _follow(self, frame: Frame) -> None:
        if frame["type"] == "event":
            expect(f"{self._owner}: number of the next event", frame["seq"], self.last_seq + 1)
            self.last_seq = frame["seq"]
            await self.send({"type": "ack", "seq": frame["seq"]})

    async def send(self, frame: Frame) -> None:
        """Send one frame."""
        await self._connection.send(json.dumps(frame))

    async def wait_for(self, what: str, fits: Callable[[Frame], bool]) -> Frame:
        """The first frame that fits and was not taken before; raises Differs when none comes in time."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while True:
            for index, frame in enumerate(self.frames):
                if fits(frame):
                    return self.frames.pop(index)
            await self._wait_until(deadline, what)

    async def _wait_until(self, deadline: float, what: str) -> None:
        if self._trouble:
            raise self._trouble
        left = deadline - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(left), self._arrived:
                await self._arrived.wait()
        except TimeoutError:
            seen = [frame.get("event", frame["type"]) for frame in self.frames]
            nothing = f"nothing of it in {PATIENCE_S:.0f} s; it saw {seen}"
            raise Differs(f"{self._owner}: socket", what, nothing) from None

    async def cut(self) -> None:
        """Lose the connection without a goodbye, as in a lift."""
        self._connection.transport.abort()
        await self._reader

    async def close(self) -> None:
        """Say goodbye."""
        await self._connection.close()
        await self._reader
