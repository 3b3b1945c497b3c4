"""When Redis is left alone: one that hangs costs whoever asks it the whole time limit, and one such wait tells enough.

Kept per process, for threads and event loops alike: `with rest:` around each talk with Redis whose answer somebody
waits for. Subscriptions need none of it; they notice a silence by themselves, and nobody waits for them.
"""

import threading
import time
from types import TracebackType

import redis

# Short enough that a single slow answer harms little: for so long there are no rate limits, and tickets are signed.
REST_S = 3.0


class RedisRests(redis.ConnectionError):
    """Redis did not answer in time a moment ago, and is not asked."""


class Rest:
    """After an answer that did not come in time nobody asks for `REST_S`; then one does, and the others wait for him.

    Whatever Redis says, and that it cannot be reached at all, ends it: to learn that takes no time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0

    def __enter__(self) -> None:
        """Raises RedisRests."""
        if not self._until:
            return
        with self._lock:
            now = time.monotonic()
            if now < self._until:
                raise RedisRests("It is left alone.")
            self._until = now + REST_S

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Learn from how the talk has ended; one that was cancelled tells nothing."""
        if isinstance(error, redis.TimeoutError | TimeoutError):
            self._until = time.monotonic() + REST_S
        elif self._until and (error is None or isinstance(error, redis.RedisError | OSError)):
            self.end()

    def require_over(self) -> None:
        """For who says something and waits for no answer: he would not learn that it is over. Raises RedisRests."""
        if self._until:
            raise RedisRests("It is left alone.")

    def end(self) -> None:
        """Ask again from now on."""
        self._until = 0.0


rest = Rest()
