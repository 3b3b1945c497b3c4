"""The connections to Redis. Nothing durable lives there: every caller must do without it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.retry import Retry as SyncRetry

from backend.core.redis.cooldown import cooldown

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
