"""The connections to Redis. Nothing durable lives there: every caller must do without it."""

import os
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import redis
import redis.asyncio
import structlog
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from backend.shared.redis_rest import rest

log = structlog.get_logger(__name__)
T = TypeVar("T")
Command = tuple[Any, ...]
# How commands are said whose answers nobody waits for: `tell`, or `LoopRedis.tell`. Raises RedisError or OSError.
Say = Callable[..., None]


@cache
def sync_redis() -> "redis.Redis":
    """One pooled client per process, for threads. Gives up after a second: Redis may lose, never stall."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, decode_responses=False)


class _Line(threading.local):
    """A thread's own connection. What it was told needs no answer; those answers are read before the next one."""

    pool: Any = None
    connection: Any = None
    unread = 0

    def use(self, talk: Callable[[Any], T]) -> T:
        """Talk; once more on a new connection when the old one has gone, as after a restart of Redis."""
        if self.pool is not (pool := sync_redis().connection_pool):
            self.pool, self.connection, self.unread = pool, pool.make_connection(), 0
        with rest:
            try:
                return self._try(talk)
            except redis.ConnectionError:
                return self._try(talk)

    def _try(self, talk: Callable[[Any], T]) -> T:
        try:
            self._read_what_is_left()
            return talk(self.connection)
        except redis.ResponseError:
            raise
        except BaseException:
            self.connection.disconnect()
            self.unread = 0
            raise

    def next_answer(self) -> Any:
        """Of those that are still to come."""
        self.unread -= 1
        return self.connection.read_response()

    def _read_what_is_left(self) -> None:
        while self.unread:
            try:
                self.next_answer()
            except redis.ResponseError as error:
                log.warning("redis_refused", reason=type(error).__name__)


_line = _Line()


def ask(*command: Any) -> Any:
    """The answer to one command, without the client's own work around it. Raises RedisError or OSError."""
    return ask_all(command)[0]


def ask_all(*commands: Command) -> list[Any]:
    """The answers to some commands, in one round trip; when it fails on the way they may have been done all the same.

    Raises RedisError or OSError.
    """

    def talk(connection: Any) -> list[Any]:
        connection.send_packed_command(connection.pack_commands(commands), check_health=False)
        _line.unread = len(commands)
        return [_line.next_answer() for _ in commands]

    return _line.use(talk)


def tell(*commands: Command) -> None:
    """Send commands whose answers nobody waits for. Raises RedisError or OSError."""

    def talk(connection: Any) -> None:
        connection.send_packed_command(connection.pack_commands(commands), check_health=False)
        _line.unread += len(commands)

    rest.require_over()
    _line.use(talk)


def loop_connection(name: str) -> redis.asyncio.Connection:
    """A bare connection for the running event loop, called `name`. The caller connects it, and does so anew."""
    pool = redis.asyncio.ConnectionPool.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0), client_name=f"{name}-{os.getpid()}"
    )
    connection: redis.asyncio.Connection = pool.make_connection()  # type: ignore[no-untyped-call]
    return connection


def key(name: str) -> str:
    """`name` under this installation's prefix, so that several share one Redis."""
    return f"{settings.REDIS_PREFIX}{name}"
