"""The connections to Redis, and the cool-down for a Redis that hangs. Nothing durable lives there.

Without the cool-down each request would wait for the whole timeout. There is one per process, for threads and event
loops alike: use `with cooldown:` around each command that a request waits for. Subscriptions do not need it: they
detect a silent server by themselves."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import TracebackType
from typing import Any

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.retry import Retry as SyncRetry

# Short, so that one slow reply harms little: meanwhile there are no rate limits, and tickets are signed.
COOLDOWN_S = 3.0


class RedisCoolingDown(redis.ConnectionError):
    """Redis timed out a moment ago, so the command was not sent."""


class RedisCooldown:
    """After a timeout, refuse for `COOLDOWN_S`; then let one caller try, and refuse the others until it has a reply.

    Any reply ends the cool-down, and so does a refused connection: neither takes time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until = 0.0

    def __enter__(self) -> None:
        if not self._until:
            return
        with self._lock:
            now = self._clock()
            if now < self._until:
                raise RedisCoolingDown("Redis did not reply in time.")
            self._until = now + COOLDOWN_S

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Start or end the cool-down. A cancelled call changes nothing."""
        if isinstance(error, redis.TimeoutError | TimeoutError):
            self._until = self._clock() + COOLDOWN_S
        elif self._until and (error is None or isinstance(error, redis.RedisError | OSError)):
            self.end()

    def end(self) -> None:
        self._until = 0.0


cooldown = RedisCooldown()


Command = tuple[Any, ...]


@cache
def sync_redis() -> "redis.Redis":
    """One pooled client per process, for threads.

    It reconnects once, as after a restart of Redis, and gives up after a second: Redis may lose, never stall.
    """
    retry = SyncRetry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=retry)


@contextmanager
def redis_client() -> "Iterator[redis.Redis]":
    """The client, outside a cool-down. Raises RedisCoolingDown; commands raise RedisError or OSError."""
    with cooldown:
        yield sync_redis()


def async_redis(name: str) -> redis.asyncio.Redis:
    """A client for the running event loop, whose connections are called `name` and the process id.

    It never retries or reconnects by itself; the caller decides what an error means. Close it with `aclose`.
    """
    client: redis.asyncio.Redis = redis.asyncio.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=1,
        socket_connect_timeout=1,
        retry=Retry(NoBackoff(), 0, supported_errors=()),
        client_name=f"{name}-{os.getpid()}",
    )
    return client


def key(name: str) -> str:
    """`name` under this installation's prefix, so that several share one Redis."""
    return f"{settings.REDIS_PREFIX}{name}"
