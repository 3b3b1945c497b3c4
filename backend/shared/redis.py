"""The connections to Redis. Nothing durable lives there: every caller must do without it."""

import os
from collections.abc import Sequence
from functools import cache
from typing import Any

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


@cache
def sync_redis() -> "redis.Redis":
    """One pooled client per process, for threads. Gives up after a second: Redis may lose, never stall."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, decode_responses=False)


def publish_bytes(messages: Sequence[tuple[str, bytes]]) -> None:
    """Publish each `(channel, payload)`, all in one round trip. Raises RedisError or OSError.

    What a pipeline does, with a third of its work: this stands between a commit and the other's screen.
    """
    pool: Any = sync_redis().connection_pool  # the stubs leave it untyped
    connection = pool.get_connection()
    try:
        connection.send_packed_command(connection.pack_commands([("PUBLISH", *message) for message in messages]))
        for _ in messages:
            connection.read_response()
    except BaseException:
        connection.disconnect()
        raise
    finally:
        pool.release(connection)


def subscriber() -> redis.asyncio.Connection:
    """A bare connection to subscribe on, in the running event loop. The caller connects it, and does so anew."""
    pool = redis.asyncio.ConnectionPool.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0), client_name=f"realtime-{os.getpid()}"
    )
    connection: redis.asyncio.Connection = pool.make_connection()  # type: ignore[no-untyped-call]
    return connection


def key(name: str) -> str:
    """`name` under this installation's prefix, so that several share one Redis."""
    return f"{settings.REDIS_PREFIX}{name}"
