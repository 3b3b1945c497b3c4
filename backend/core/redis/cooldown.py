"""The cool-down for a Redis that hangs: without it, each request would wait for the whole timeout.

There is one per process, for threads and event loops alike: use `with cooldown:` around each command that a request
waits for. Subscriptions do not need it: they detect a silent server by themselves.
"""

import threading
import time
from collections.abc import Callable
from types import TracebackType

import redis

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
        """Raise RedisCoolingDown, or let the caller try."""
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
        """End the cool-down."""
        self._until = 0.0


cooldown = RedisCooldown()
