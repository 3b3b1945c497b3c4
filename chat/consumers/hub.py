"""One subscription connection to Redis a process, and from there to the sockets of each person."""

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, NoReturn, Protocol

import structlog
from msgspec import DecodeError
from msgspec.json import Decoder
from msgspec.structs import replace
from redis import ConnectionError as RedisConnectionError
from redis import RedisError
from redis.asyncio import Connection

from backend.shared.redis import loop_connection
from chat.consumers.feed import Nudge

log = structlog.get_logger(__name__)
_decoder = Decoder(Nudge)
CONFIRMATION_S = 1
SILENCE_S = 5
BACKOFF_S = (0.1, 5.0)
SUBSCRIPTIONS_A_COMMAND = 500


class Listener(Protocol):
    """An open socket, as the hub sees it. Neither call may wait."""

    @property
    def channel(self) -> str:
        """The Redis channel of its person."""

    def hear(self, nudge: Nudge) -> None:
        """Something was published for this person."""

    def check_soon(self) -> None:
        """Nudges may have been lost until now."""


class Channel:
    """The sockets of one person here, and whether Redis has confirmed that it will send us what concerns him."""

    def __init__(self) -> None:
        self.listeners: set[Any] = set()
        self.is_live = asyncio.Event()


class Hub:
    """Hands what Redis publishes to the sockets here. What it loses, heartbeats heal."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self._shared: dict[str, Callable[[bytes], None]] = {}
        self._asked: set[str] = set()
        self._connection: Connection | None = None
        self._is_down = False
        self._lock = asyncio.Lock()

    def listeners(self) -> Iterator[Any]:
        """Every open socket of this process."""
        for channel in list(self._channels.values()):
            yield from tuple(channel.listeners)

    async def follow(self, name: str, hear: Callable[[bytes], None]) -> None:
        """Hand all that is published on a channel of the whole service to `hear`, from the first call on for ever."""
        if name not in self._shared:
            self._shared[name] = hear
            await self._settle(name)

    async def join(self, listener: Listener) -> bool:
        """Hear what is published from now on. Waits a moment for Redis to confirm; False when it has not."""
        channel = self._channels.setdefault(listener.channel, Channel())
        channel.listeners.add(listener)
        await self._settle(listener.channel)
        if not self._is_down:
            with suppress(TimeoutError):
                async with asyncio.timeout(CONFIRMATION_S):
                    await channel.is_live.wait()
        return channel.is_live.is_set()

    async def leave(self, listener: Listener) -> None:
        """Hear nothing any more."""
        channel = self._channels.get(listener.channel)
        if channel is None:
            return
        channel.listeners.discard(listener)
        if not channel.listeners:
            del self._channels[listener.channel]
            await self._settle(listener.channel)

    def tell(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Hand each `(channel, payload)` to the sockets here, without the way through Redis."""
        for name, payload in messages:
            if channel := self._channels.get(name):
                self._tell(channel, payload)

    async def run(self) -> NoReturn:
        """Listen for ever; comes back with backoff and jitter when Redis goes."""
        delay = BACKOFF_S[0]
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                log.warning("redis_lost", reason=type(error).__name__, sockets=len(list(self.listeners())))
            except Exception:
                log.exception("hub_failed")
            delay = BACKOFF_S[0] if self._connection else min(delay * 2, BACKOFF_S[1])
            self._forget_connection()
            await asyncio.sleep(delay * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, no secret

    async def _listen(self) -> NoReturn:
        connection = loop_connection("realtime")
        try:
            # Its own time limit ends with the handshake of TCP, which a frozen Redis still answers.
            async with asyncio.timeout(SILENCE_S):
                await connection.connect()  # type: ignore[no-untyped-call]
                await self._subscribe_all(connection)
            while True:
                self._handle(await self._next_reply(connection))
        finally:
            await connection.disconnect(nowait=True)

    async def _subscribe_all(self, connection: Connection) -> None:
        async with self._lock:
            self._connection, self._is_down = connection, False
            names = [*self._channels, *self._shared]
            for start in range(0, len(names), SUBSCRIPTIONS_A_COMMAND):
                part = names[start : start + SUBSCRIPTIONS_A_COMMAND]
                self._asked.update(part)
                await connection.send_command("SUBSCRIBE", *part, check_health=False)

    async def _settle(self, name: str) -> None:
        """Bring Redis's subscription to `name` in line with whether somebody listens. One at a time, so in order."""
        async with self._lock:
            is_wanted = name in self._channels or name in self._shared
            if self._connection is None or is_wanted == (name in self._asked):
                return
            (self._asked.add if is_wanted else self._asked.discard)(name)
            # A failure here is one of the connection, and its reader notices.
            with suppress(RedisError, OSError):
                command = "SUBSCRIBE" if is_wanted else "UNSUBSCRIBE"
                await self._connection.send_command(command, name, check_health=False)

    async def _next_reply(self, connection: Connection) -> Any:
        """What Redis says next. Asks after a silence, and raises when there is no answer to that either."""
        reply = await connection.read_response(timeout=SILENCE_S)
        if reply is None:
            await connection.send_command("PING", check_health=False)
            reply = await connection.read_response(timeout=SILENCE_S)
        if reply is None:
            raise RedisConnectionError("Redis is silent.")
        return reply

    def _handle(self, reply: Any) -> None:
        kind, name, *rest = reply if isinstance(reply, list) else [b"pong", b""]
        if kind == b"message" and (hear := self._shared.get(name.decode())):
            hear(rest[0])
            return
        channel = self._channels.get(name.decode())
        if channel is None:
            return
        if kind == b"message":
            self._tell(channel, rest[0])
        elif kind == b"subscribe":
            channel.is_live.set()
            for listener in channel.listeners:
                listener.check_soon()

    def _tell(self, channel: Channel, payload: bytes) -> None:
        try:
            nudge = replace(_decoder.decode(payload), text=payload.decode())
        except (DecodeError, UnicodeDecodeError):
            log.warning("nudge_unreadable", size=len(payload))
            return
        for listener in tuple(channel.listeners):
            listener.hear(nudge)

    def _forget_connection(self) -> None:
        self._connection, self._is_down = None, True
        self._asked.clear()
        for channel in self._channels.values():
            channel.is_live.clear()
