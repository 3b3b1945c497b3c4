"""Redis pub/sub of one process: the hub passes what is published to open sockets, the publisher publishes."""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext, suppress
from typing import Any, NoReturn, Protocol, cast

import structlog
from django.conf import settings
from msgspec import DecodeError
from msgspec.json import Decoder
from msgspec.structs import replace
from prometheus_client import Histogram
from redis import ConnectionError as RedisConnectionError
from redis import RedisError
from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from backend.core.clock import read_clock
from backend.core.redis.client import async_redis, cooldown
from backend.core.redis.nudges import PUBLISH_ALL, pairs_of, split_cause
from backend.core.redis.open_sockets import Slot
from chat.consumers.event_feed import Nudge
from chat.selectors import SessionState

log = structlog.get_logger(__name__)
_decoder = Decoder(Nudge)
EVENT_SECONDS = Histogram(
    "socket_event_seconds",
    "Time from an event to its arrival at the process with the sockets of its user.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
CONFIRMATION_TIMEOUT_S = 1
SILENCE_S = 5
BACKOFF_S = (0.1, 5.0)
CHANNELS_PER_COMMAND = 500
PUBLISH_TIMEOUT_S = 1
PENDING_MAX = 10_000


class OpenSocket(Protocol):
    """An open socket as the hub and the heartbeats see it. No method blocks."""

    @property
    def channel(self) -> str:
        """The Redis channel of its user."""

    @property
    def session_id(self) -> uuid.UUID:
        """The public id of its session."""

    @property
    def slot(self) -> Slot | None:
        """What counts it among the open sockets of its account."""

    def receive_nudge(self, nudge: Nudge) -> None:
        """Handle what was published for this user."""

    def expect_missed_nudges(self) -> None:
        """Nudges may have been lost until now."""

    def is_heartbeat_due(self, now_s: float) -> bool:
        """Whether its next heartbeat is due at this time of the event loop's clock."""

    def send_heartbeat(self, state: SessionState | None) -> None:
        """Send a heartbeat; `state` is None while the database is unavailable."""

    def sign_out(self) -> None:
        """Close the socket because its session has ended."""


class Channel:
    """The sockets of one user in this process, and whether Redis has confirmed the subscription."""

    def __init__(self) -> None:
        self.sockets: set[OpenSocket] = set()
        self.is_confirmed = asyncio.Event()


class Hub:
    """Passes what Redis publishes to the sockets of this process. Heartbeats make up for lost nudges."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self._service_channels: dict[str, Callable[[bytes], None]] = {}
        self._subscribed: set[str] = set()
        self._pubsub: PubSub | None = None
        self._is_down = False
        self._lock = asyncio.Lock()

    def sockets(self) -> Iterator[OpenSocket]:
        for channel in list(self._channels.values()):
            yield from tuple(channel.sockets)

    async def follow(self, name: str, handle: Callable[[bytes], None]) -> None:
        """Pass every payload of a channel of the whole service to `handle`. Following it twice changes nothing."""
        if name not in self._service_channels:
            self._service_channels[name] = handle
            await self._update_subscription(name)

    async def join(self, socket: OpenSocket) -> bool:
        """Pass nudges to this socket. Waits shortly for Redis to confirm; returns whether it has."""
        channel = self._channels.setdefault(socket.channel, Channel())
        channel.sockets.add(socket)
        await self._update_subscription(socket.channel)
        if not self._is_down:
            with suppress(TimeoutError):
                async with asyncio.timeout(CONFIRMATION_TIMEOUT_S):
                    await channel.is_confirmed.wait()
        return channel.is_confirmed.is_set()

    async def leave(self, socket: OpenSocket) -> None:
        """Pass nothing to this socket any more."""
        channel = self._channels.get(socket.channel)
        if channel is None:
            return
        channel.sockets.discard(socket)
        if not channel.sockets:
            del self._channels[socket.channel]
            await self._update_subscription(socket.channel)

    def deliver(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Pass each `(channel, payload)` to the sockets of this process, without Redis."""
        for name, payload in messages:
            if channel := self._channels.get(name):
                self._deliver(channel, payload)

    async def run(self) -> NoReturn:
        """Listen until cancelled; reconnect with backoff and jitter when Redis is lost."""
        delay_s = BACKOFF_S[0]
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                log.warning("redis_lost", reason=type(error).__name__, sockets=len(list(self.sockets())))
            except Exception:
                log.exception("hub_failed")
            delay_s = BACKOFF_S[0] if self._pubsub else min(delay_s * 2, BACKOFF_S[1])
            self._forget_subscriptions()
            await asyncio.sleep(delay_s * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, no secret

    async def _listen(self) -> NoReturn:
        async with async_redis("realtime") as client, client.pubsub() as pubsub:
            # A frozen Redis still completes the TCP handshake.
            async with asyncio.timeout(SILENCE_S):
                await pubsub.connect()
                await self._subscribe_all(pubsub)
            while True:
                self._handle(await self._next_message(pubsub))

    async def _subscribe_all(self, pubsub: PubSub) -> None:
        async with self._lock:
            self._pubsub, self._is_down = pubsub, False
            names = [*self._channels, *self._service_channels]
            for start in range(0, len(names), CHANNELS_PER_COMMAND):
                batch = names[start : start + CHANNELS_PER_COMMAND]
                self._subscribed.update(batch)
                await pubsub.subscribe(*batch)

    async def _update_subscription(self, name: str) -> None:
        """Subscribe to the channel, or unsubscribe when no socket needs it. The lock keeps the commands in order."""
        async with self._lock:
            is_wanted = name in self._channels or name in self._service_channels
            if self._pubsub is None or is_wanted == (name in self._subscribed):
                return
            # An error is one of the connection, which `run` sees too.
            with suppress(RedisError, OSError):
                if is_wanted:
                    self._subscribed.add(name)
                    await self._pubsub.subscribe(name)
                else:
                    self._subscribed.discard(name)
                    await self._pubsub.unsubscribe(name)

    async def _next_message(self, pubsub: PubSub) -> dict[str, Any]:
        """The next message. After a silence Redis is pinged; raises ConnectionError when that is not answered."""
        message = await pubsub.get_message(timeout=SILENCE_S)
        if message is None:
            await pubsub.ping()
            message = await pubsub.get_message(timeout=SILENCE_S)
        if message is None:
            raise RedisConnectionError("Redis does not answer.")
        received: dict[str, Any] = message
        return received

    def _handle(self, message: dict[str, Any]) -> None:
        if message["type"] not in ("message", "subscribe"):
            return
        name = message["channel"].decode()
        if message["type"] == "message" and (handle := self._service_channels.get(name)):
            handle(message["data"])
        elif channel := self._channels.get(name):
            if message["type"] == "message":
                self._deliver(channel, message["data"])
            else:
                self._confirm(channel)

    def _confirm(self, channel: Channel) -> None:
        channel.is_confirmed.set()
        for socket in channel.sockets:
            socket.expect_missed_nudges()

    def _deliver(self, channel: Channel, payload: bytes) -> None:
        try:
            cause, frame = split_cause(payload)
            nudge = replace(_decoder.decode(frame), text=frame.decode())
        except (DecodeError, UnicodeDecodeError):
            log.warning("nudge_unreadable", size=len(payload))
            return
        if nudge.at is not None:
            EVENT_SECONDS.observe((read_clock() - nudge.at).total_seconds())
        with _span_of(cause):
            for socket in tuple(channel.sockets):
                socket.receive_nudge(nudge)

    def _forget_subscriptions(self) -> None:
        self._pubsub, self._is_down = None, True
        self._subscribed.clear()
        for channel in self._channels.values():
            channel.is_confirmed.clear()


def _span_of(cause: str) -> Any:
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        return nullcontext()
    from backend.core.tracing import span_of_nudge  # noqa: PLC0415 - only where traces are collected

    return span_of_nudge(cause)


class Publisher:
    """Publishes nudges for other processes in order, all pending ones as one batch. Failed batches are dropped."""

    def __init__(self) -> None:
        self._pending: list[tuple[str, bytes]] = []
        self._has_pending = asyncio.Event()

    def add(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish each `(channel, payload)` soon."""
        self._pending += messages
        self._has_pending.set()

    async def run(self) -> NoReturn:
        while True:
            # A new client after an error: another server may have taken over.
            async with async_redis("publisher") as client:
                while await self._publish_next(client):
                    pass

    async def _publish_next(self, client: Redis) -> bool:
        """Wait for something to publish, and publish it; false after an error."""
        await self._has_pending.wait()
        self._has_pending.clear()
        batch, dropped, self._pending = self._pending[:PENDING_MAX], self._pending[PENDING_MAX:], []
        if dropped:
            log.warning("nudges_lost", count=len(dropped), reason="too many at once")
        try:
            with cooldown:
                async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                    await _publish(client, batch)
        except (RedisError, OSError) as error:
            log.warning("nudges_lost", count=len(batch), reason=type(error).__name__)
        except Exception:
            log.exception("publisher_failed")
        else:
            return True
        return False


async def _publish(client: Redis, messages: Sequence[tuple[str, bytes]]) -> None:
    await cast(Awaitable[object], client.eval(PUBLISH_ALL, 0, *pairs_of(messages)))
