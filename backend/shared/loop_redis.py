"""Redis from inside an event loop, for what hot doors ask and tell: one line for the whole process.

What is said in one turn of the loop goes out together, and answers come back in the order in which was asked. The
client library connects and signs in; for each answer it needs a task, a lock and a timer, which is more than a deck
can spare, so after that hiredis reads and writes the protocol.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, TypeAlias, cast

import hiredis
import redis
import structlog
from redis.asyncio import Connection
from redis.exceptions import NoScriptError

from backend.shared.patience import let_down, within
from backend.shared.redis import Command, loop_connection
from backend.shared.redis_rest import rest

log = structlog.get_logger(__name__)
# Redis may lose, never stall.
PATIENCE_S = 1
Answer: TypeAlias = asyncio.Future[Any]


class LoopRedis:
    """Connects when it is first asked, and anew when the connection has gone."""

    def __init__(self) -> None:
        self._line: _Line | None = None
        self._connecting = asyncio.Lock()

    async def ask(self, *command: Any) -> Any:
        """The answer to one command. Raises RedisError or OSError."""
        try:
            with rest:
                line = await self._connected()
                return await line.ask(command, PATIENCE_S)
        except TimeoutError:
            # What others ask on this line hangs as well.
            await self.close()
            raise

    def tell(self, *commands: Command) -> None:
        """Send commands whose answers nobody waits for. Raises ConnectionError where nothing was asked before."""
        if self._line is None or not self._line.is_open:
            raise redis.ConnectionError("not connected")
        self._line.send(commands, [None] * len(commands))

    async def close(self) -> None:
        """End the connection; who waits for an answer is told."""
        line, self._line = self._line, None
        if line is not None:
            await line.hang_up()

    async def _connected(self) -> "_Line":
        if self._line is not None and self._line.is_open:
            return self._line
        async with asyncio.timeout(PATIENCE_S), self._connecting:
            if self._line is None or not self._line.is_open:
                await self.close()
                connection = loop_connection("doors")
                await connection.connect()  # type: ignore[no-untyped-call]
                self._line = _Line(connection)
            return self._line


class _Line(asyncio.Protocol):
    """Takes over the transport of a connection that is ready."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._reader = hiredis.Reader()
        self._waiting: deque[Answer | None] = deque()
        self._unsent: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport = cast(Any, connection)._writer.transport
        self._transport.set_protocol(self)
        self.is_open = True

    async def ask(self, command: Command, patience_s: float) -> Any:
        answer = self._loop.create_future()
        self.send([command], [answer])
        return await within(answer, self._loop.time() + patience_s)

    def send(self, commands: Sequence[Command], answers: Sequence[Answer | None]) -> None:
        self._waiting += answers
        if not self._unsent:
            self._loop.call_soon(self._push_out)
        self._unsent += map(hiredis.pack_command, commands)

    def _push_out(self) -> None:
        """All that was said in this turn of the loop."""
        self._transport.write(b"".join(self._unsent))
        self._unsent.clear()

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while (answer := self._reader.gets()) is not False:
            _hand_over(answer, self._waiting.popleft())

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        for answer in self._waiting:
            if answer and not answer.done():
                answer.set_exception(redis.ConnectionError("the connection has gone"))
        self._waiting.clear()

    async def hang_up(self) -> None:
        self.is_open = False
        for answer in self._waiting:
            if answer:
                let_down(answer)
        await self._connection.disconnect(nowait=True)


def _hand_over(answer: Any, waiting: Answer | None) -> None:
    refusal = _refusal_in(answer)
    if waiting is None:
        if refusal:
            log.warning("redis_refused", reason=type(refusal).__name__)
    elif not waiting.done():
        if refusal:
            waiting.set_exception(refusal)
        else:
            waiting.set_result(answer)


def _refusal_in(answer: Any) -> redis.ResponseError | None:
    if not isinstance(answer, hiredis.ReplyError):
        return None
    kind = NoScriptError if str(answer).startswith("NOSCRIPT") else redis.ResponseError
    return kind(str(answer))
