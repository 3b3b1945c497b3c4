"""What all workers know together, kept in Redis; without Redis each worker goes by what it knows alone."""

import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from redis import Redis, RedisError

from backend.shared.redis import sync_redis

log = structlog.get_logger(__name__)
AWAY_S = 5  # Redis that has just failed is not asked again for so long: a hanging one costs a second each time
Answer = TypeVar("Answer")


class Together:
    """Asks Redis, or falls back."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._away_until = 0.0

    def ask(self, together: "Callable[[Redis], Answer]", *, alone: Callable[[], Answer]) -> Answer:
        """What `together` says of Redis; what `alone` says while Redis does not answer."""
        if time.monotonic() < self._away_until:
            return alone()
        try:
            return together(sync_redis())
        except (RedisError, OSError) as error:
            log.warning("alone_without_redis", about=self._name, reason=type(error).__name__)
            self._away_until = time.monotonic() + AWAY_S
            return alone()
