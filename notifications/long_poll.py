"""Waiting for a person's next event without asking the database again and again."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.conf import settings
from django.db import connection
from redis import RedisError
from redis.client import PubSub

from backend.core.redis.client import sync_redis
from backend.core.redis.nudges import channel_of

# Each one who waits holds a thread of this process, and other requests need some too.
_places = BoundedSemaphore(settings.LONG_POLLS_MAX)
Wait = Callable[[float], bool]


@contextmanager
def nudges_for(user_id: uuid.UUID) -> Iterator[Wait]:
    """Listen from now on. The function given waits at most so many seconds, and says whether something came.

    Where this process has no place left for one more, or without Redis, it does not wait: the client asks again.
    """
    if not _places.acquire(blocking=False):
        yield _wait_not
        return
    listener = sync_redis().pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    try:
        yield _wait_with(listener) if _subscribe(listener, user_id) else _wait_not
    finally:
        listener.close()
        _places.release()


def _subscribe(listener: PubSub, user_id: uuid.UUID) -> bool:
    try:
        listener.subscribe(channel_of(user_id))  # type: ignore[no-untyped-call]
        listener.get_message(timeout=1)  # the confirmation: whatever is published from here on arrives
    except (RedisError, OSError):
        return False
    return True


def _wait_with(listener: PubSub) -> Wait:
    def wait(seconds: float) -> bool:
        _lend_connection()
        try:
            return seconds > 0 and listener.get_message(timeout=seconds) is not None
        except (RedisError, OSError):
            return False

    return wait


def _wait_not(seconds: float) -> bool:
    return False


def _lend_connection() -> None:
    """Give the database connection back to the pool for as long as nobody needs it."""
    if not connection.in_atomic_block:
        connection.close()
