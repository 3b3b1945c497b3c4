"""Waiting for a user's next event without polling the database."""

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

# Each long poll occupies a thread of this process, and other requests need threads too.
_slots = BoundedSemaphore(settings.LONG_POLLS_MAX)
Wait = Callable[[float], bool]


@contextmanager
def nudges_for(user_id: uuid.UUID) -> Iterator[Wait]:
    """Subscribe to the user's nudges. The yielded function waits some seconds, and returns whether one came.

    It does not wait when `LONG_POLLS_MAX` requests wait in this process, or without Redis: the client polls again.
    """
    if not _slots.acquire(blocking=False):
        yield _do_not_wait
        return
    listener = sync_redis().pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    try:
        yield _wait_with(listener) if _subscribe(listener, user_id) else _do_not_wait
    finally:
        listener.close()
        _slots.release()


def _subscribe(listener: PubSub, user_id: uuid.UUID) -> bool:
    try:
        listener.subscribe(channel_of(user_id))  # type: ignore[no-untyped-call]
        listener.get_message(timeout=1)  # the confirmation: everything published after it arrives
    except (RedisError, OSError):
        return False
    return True


def _wait_with(listener: PubSub) -> Wait:
    def wait(seconds: float) -> bool:
        _return_connection()
        try:
            return seconds > 0 and listener.get_message(timeout=seconds) is not None
        except (RedisError, OSError):
            return False

    return wait


def _do_not_wait(seconds: float) -> bool:
    return False


def _return_connection() -> None:
    """Return the database connection to the pool while waiting."""
    if not connection.in_atomic_block:
        connection.close()
