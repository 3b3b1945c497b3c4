"""State that all workers share in Redis; without Redis each worker uses its own."""

from collections.abc import Callable
from typing import TypeVar

import structlog
from redis import Redis, RedisError

from backend.core.redis.client import redis_client

log = structlog.get_logger(__name__)
T = TypeVar("T")


class RedisWithFallback:
    """Runs against Redis, or against this worker's own state. `name` is logged."""

    def __init__(self, name: str) -> None:
        self._name = name

    def run(self, with_redis: Callable[[Redis], T], *, without_redis: Callable[[], T]) -> T:
        """The result of `with_redis`, or of `without_redis` while Redis does not reply."""
        try:
            with redis_client() as client:
                return with_redis(client)
        except (RedisError, OSError) as error:
            log.warning("push_state_local", name=self._name, reason=type(error).__name__)
            return without_redis()
