"""The connections to Redis, and the cool-down for a Redis that hangs. Nothing durable lives there.

Without the cool-down each request would wait for the whole timeout. There is one per process, for threads and event
loops alike: use `with cooldown:` around each command that a request waits for. Subscriptions do not need it: they
detect a silent server by themselves."""

import os
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import cache
from types import TracebackType
from typing import Any, cast

import redis
import redis.asyncio
from django.conf import settings
from limits.storage import RedisClusterStorage, RedisStorage
from redis import cluster, sentinel
from redis.asyncio import sentinel as async_sentinel
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.retry import Retry as SyncRetry

from backend.core.redis.address import parse_address

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


TIMEOUTS: dict[str, Any] = {"socket_timeout": 1, "socket_connect_timeout": 1}
# Sentinels are tried in turn; the one that answers comes first from then on.
# Without annotations, as redis-py has them.
Sentinel: Any = sentinel.Sentinel
AsyncSentinel: Any = async_sentinel.Sentinel
ClusterNode: Any = cluster.ClusterNode
SENTINEL_TIMEOUTS: dict[str, Any] = {"socket_timeout": 0.3, "socket_connect_timeout": 0.3}
# By default redis-py asks each Sentinel four times, with pauses of seconds.
SENTINEL_OPTIONS: dict[str, Any] = {**SENTINEL_TIMEOUTS, "retry": SyncRetry(NoBackoff(), 0)}
ASYNC_SENTINEL_OPTIONS: dict[str, Any] = {**SENTINEL_TIMEOUTS, "retry": Retry(NoBackoff(), 0)}


@cache
def sync_redis() -> "redis.Redis":
    """One pooled client per process, for threads.

    It reconnects once, as after a restart of Redis, and gives up after a second: Redis may lose, never stall. Of a
    cluster it is a RedisCluster, for which all keys of one command or pipelined transaction need the same hash tag.
    """
    address, retry = parse_address(settings.REDIS_URL), _retry_once()
    if address.kind == "sentinel":
        sentinels = Sentinel(list(address.hosts), sentinel_kwargs=SENTINEL_OPTIONS | address.sentinel_options)
        return cast("redis.Redis", sentinels.master_for(address.master, **TIMEOUTS, **address.options, retry=retry))
    if address.kind == "cluster":
        nodes = [ClusterNode(*host) for host in address.hosts]
        return cast(
            "redis.Redis", cluster.RedisCluster(startup_nodes=nodes, **TIMEOUTS, **address.options, retry=retry)
        )
    return redis.Redis.from_url(address.url, **TIMEOUTS, retry=retry)


def _retry_once() -> SyncRetry:
    """In place of redis-py's default, which retries for seconds."""
    return SyncRetry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))


def limits_storage() -> RedisStorage:
    """The storage of `limits`, with connections of the same pool; a cluster's has its own."""
    address = parse_address(settings.REDIS_URL)
    if address.kind == "cluster":
        hosts = ",".join(f"{host}:{port}" for host, port in address.hosts)
        options: dict[str, Any] = {**TIMEOUTS, **address.options, "retry": _retry_once()}
        return RedisClusterStorage(f"redis+cluster://{hosts}", **options)
    return RedisStorage("redis://", connection_pool=sync_redis().connection_pool)


@contextmanager
def redis_client() -> "Iterator[redis.Redis]":
    """The client, outside a cool-down. Raises RedisCoolingDown; commands raise RedisError or OSError."""
    with cooldown:
        try:
            yield sync_redis()
        except redis.RedisClusterException as error:  # no RedisError, although no node of a cluster replied
            raise redis.ConnectionError(str(error)) from error


@asynccontextmanager
async def async_redis(name: str) -> AsyncIterator[redis.asyncio.Redis]:
    """A client for publishing and subscribing in the running event loop; its connections are called `name` and the pid.

    It never retries or reconnects by itself; the caller decides what an error means, and takes a new client: of a
    cluster any node will do, since all of them hear what is published.
    """
    address = parse_address(settings.REDIS_URL)
    own: dict[str, Any] = {
        **TIMEOUTS,
        "retry": Retry(NoBackoff(), 0, supported_errors=()),
        "client_name": f"{name}-{os.getpid()}",
    }
    async with AsyncExitStack() as stack:
        if address.kind == "sentinel":
            options = ASYNC_SENTINEL_OPTIONS | address.sentinel_options
            sentinels = AsyncSentinel(list(address.hosts), sentinel_kwargs=options)
            for each in sentinels.sentinels:
                stack.push_async_callback(each.aclose)
            client = sentinels.master_for(address.master, **own, **address.options)
        elif address.kind == "cluster":
            host, port = random.choice(address.hosts)  # noqa: S311 - no secret
            client = redis.asyncio.Redis(host=host, port=port, **own, **address.options)
        else:
            client = redis.asyncio.Redis.from_url(address.url, **own)
        yield await stack.enter_async_context(client)


def key(name: str) -> str:
    """`name` under this installation's prefix, so that several share one Redis."""
    return f"{settings.REDIS_PREFIX}{name}"
