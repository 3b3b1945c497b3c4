"""The cool-down for a Redis that hangs: each request to it would cost the whole timeout, and one wait tells enough.

There is one per process, for threads and event loops alike: `with cooldown:` around each command whose reply somebody
waits for. Subscriptions do not need it: they notice a silence by themselves, and nobody waits for them.
"""

import threading
import time
from types import TracebackType

import redis

# Short, so that one slow reply harms little: meanwhile there are no rate limits, and tickets are signed.
COOLDOWN_S = 3.0


class RedisCoolingDown(redis.ConnectionError):
    """Redis did not reply in time a moment ago, and is not asked now."""


class RedisCooldown:
    """After a timeout, refuse for `COOLDOWN_S`; then let one caller try, and refuse the others until it has a reply.

    Any reply ends the cool-down, and so does a refused connection: neither takes time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0

    def __enter__(self) -> None:
        """Raise RedisCoolingDown, or let the caller try."""
        if not self._until:
            return
        with self._lock:
            now = time.monotonic()
            if now < self._until:
                raise RedisCoolingDown("Redis did not reply in time.")
            self._until = now + COOLDOWN_S

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Start or end the cool-down. A cancelled call changes nothing."""
        if isinstance(error, redis.TimeoutError | TimeoutError):
            self._until = time.monotonic() + COOLDOWN_S
        elif self._until and (error is None or isinstance(error, redis.RedisError | OSError)):
            self.end()

    def end(self) -> None:
        """Ask Redis again from now on."""
        self._until = 0.0


cooldown = RedisCooldown()
