"""Sending many messages at once, as fast as a circuit breaker and Firebase's quota allow."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from threading import BoundedSemaphore, Lock
from typing import Any

from django.conf import settings
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis import Redis

from notifications.push.backends import Barred, Outcome, Postponed, PushMessage, Retry
from notifications.push.circuit_breaker import FAILURES_MAX, CircuitBreaker, RedisWithFallback

WINDOW_S = 60.0
UNDER_WAY_S = 2.0  # from a permit to the arrival at Firebase
BURST_SHARE = 0.05
IDLE_S = 60.0
RAMP_S = 60.0
RAMP_FROM = 0.1
LOCAL_SHARE = 0.05
ASK_AGAIN_S = 5.0

# Uses the clock of Redis, since the clocks of workers may differ.
_TAKE = """
local wanted, rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local idle_s, ramp_s, ramp_from = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'began')
local tokens, at, began = tonumber(state[1]), tonumber(state[2]), tonumber(state[3])
local function ramp(moment) return math.min(1, ramp_from + (1 - ramp_from) * (moment - began) / ramp_s) end
if not at or now - at > idle_s then
    began, at = now, now
    tokens = math.max(1, burst * ramp_from)
end
tokens = math.min(math.max(1, burst * ramp(now)), tokens + math.max(0, now - at) * rate * ramp(at))
local granted = math.min(wanted, math.floor(tokens))
tokens = tokens - granted
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%.6f', now),
    'began', string.format('%.6f', began))
redis.call('EXPIRE', KEYS[1], math.ceil(2 * idle_s))
return {granted, math.ceil(1000 * math.max(0, 1 - tokens) / (rate * ramp(now)))}
"""


@dataclass(frozen=True)
class Grant:
    """How many messages may be sent now; if none, how long to wait for one."""

    count: int
    after_s: float


class Quota:
    """`limit` messages in any `window_s` seconds."""

    def __init__(self, *, limit: int, window_s: float = WINDOW_S, ramp_s: float = RAMP_S) -> None:
        self._limit, self._window_s, self._ramp_s = limit, window_s, ramp_s
        self._state_store = RedisWithFallback("quota")

    def take(self, wanted: int) -> Grant:
        """Take up to `wanted` permits, each valid for a second."""
        return self._state_store.run(
            lambda redis: self._take(redis, wanted), without_redis=lambda: self._take_local(wanted)
        )

    def _take(self, redis: Redis, wanted: int) -> Grant:
        burst = max(1.0, self._limit * BURST_SHARE)
        rate = max(self._limit - burst, 0.5) / (self._window_s + UNDER_WAY_S)
        values = [wanted, rate, burst, IDLE_S, self._ramp_s, RAMP_FROM]
        reply: Any = redis.eval(_TAKE, 1, settings.FCM_QUOTA_KEY, *values)
        granted, wait_ms = reply
        # During the ramp-up the next permit comes earlier than computed.
        return Grant(int(granted), min(int(wait_ms) / 1000, ASK_AGAIN_S))

    def _take_local(self, wanted: int) -> Grant:
        left = self._limiter.get_window_stats(self._share).remaining
        count = min(wanted, left)
        taken = count > 0 and self._limiter.hit(self._share, cost=count)
        return Grant(count if taken else 0, after_s=1)

    @cached_property
    def _share(self) -> RateLimitItemPerSecond:
        return RateLimitItemPerSecond(max(1, int(self._limit * LOCAL_SHARE)), int(self._window_s))

    @cached_property
    def _limiter(self) -> SlidingWindowCounterRateLimiter:
        return SlidingWindowCounterRateLimiter(MemoryStorage())


@cache
def fcm_quota() -> Quota:
    """The quota of this process's Firebase project."""
    return Quota(limit=settings.FCM_QUOTA, window_s=settings.FCM_QUOTA_WINDOW_S)


BLOCK = 100
PERMIT_S = 1.0  # unused permits expire, so that none adds to a later window
SendOne = Callable[[PushMessage], Outcome]


def sending_deadline() -> float:
    """Until when, on the clock of `time.monotonic`, a call of `send` may start messages: well before leases expire."""
    return time.monotonic() + float(settings.PUSH_LEASE_S) / 3


class Throttle:
    """Permits for one call of `send`, from the circuit breaker and the quota if there is one.

    Reports outcomes to the circuit breaker. No message starts after `deadline`.
    """

    def __init__(self, *, circuit: CircuitBreaker, deadline: float, quota: Quota | None = None) -> None:
        self._circuit, self._quota, self._deadline = circuit, quota, deadline
        self._permits, self._permits_until = 0, 0.0
        self._answered, self._failures, self._after_s, self._reason = 0, 0, 0.0, ""
        self._refused = set[str]()
        self._lock = Lock()

    def permit(self, *, left: int) -> Postponed | None:
        """None when the next message may be sent. Waits for the quota until the deadline."""
        in_a_row = self._failures + len(self._refused)
        if self._permits and time.monotonic() < self._permits_until and in_a_row < FAILURES_MAX:
            self._permits -= 1
            return None
        if time.monotonic() > self._deadline:
            return Postponed("busy", after_s=1)
        return self._request_permits(min(left, BLOCK))

    def record(self, outcome: Outcome, *, address: str) -> Outcome:
        """Count the outcome and return it; from any thread."""
        with self._lock:
            if isinstance(outcome, Retry):
                self._count_failure(outcome.reason, after_s=outcome.after_s or 0)
            elif isinstance(outcome, Barred):
                self._count_barred(outcome, address)
            elif not isinstance(outcome, Postponed):
                self._reset_counts(answered=self._answered + 1)
        return outcome

    def report(self) -> None:
        """Report the outcomes counted so far to the circuit breaker."""
        with self._lock:
            answered, failures, after_s, reason = self._answered, self._failures, self._after_s, self._reason
            refused = frozenset(self._refused)
            self._reset_counts()
        if answered or failures or refused:
            self._circuit.report(answered=answered, failures=failures, refused=refused, after_s=after_s, reason=reason)

    def _count_failure(self, reason: str, *, after_s: float = 0, weight: int = 1) -> None:
        self._failures += weight
        self._after_s, self._reason = max(self._after_s, after_s), reason

    def _count_barred(self, outcome: Barred, address: str) -> None:
        if outcome.is_for_all:
            self._count_failure(outcome.reason, weight=FAILURES_MAX)
        else:
            self._refused.add(address)
            self._reason = outcome.reason

    def _reset_counts(self, *, answered: int = 0) -> None:
        self._answered, self._failures, self._after_s, self._reason = answered, 0, 0.0, ""
        self._refused.clear()

    def _request_permits(self, wanted: int) -> Postponed | None:
        self.report()
        admission = self._circuit.admit(wanted)
        if not admission.count:
            return Postponed("circuit open", after_s=admission.after_s)
        grant = self._take(admission.count)
        while not grant.count:
            if time.monotonic() + grant.after_s > self._deadline:
                return Postponed("quota", after_s=grant.after_s)
            time.sleep(grant.after_s)
            grant = self._take(admission.count)
        self._permits, self._permits_until = grant.count - 1, time.monotonic() + PERMIT_S
        return None

    def _take(self, wanted: int) -> Grant:
        return self._quota.take(wanted) if self._quota else Grant(wanted, after_s=0)


class SenderPool:
    """A thread pool for services that take one message per request. All calls of `send` share it."""

    def __init__(self, count: int, *, name: str) -> None:
        self._free = BoundedSemaphore(count)
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    def send(self, messages: Sequence[PushMessage], *, throttle: Throttle, send_one: SendOne) -> Iterator[Outcome]:
        """Send what the throttle permits; yields the outcome of each message, in order."""
        try:
            yield from self._send(messages, throttle, send_one)
        finally:
            # Also when the caller stops after the last outcome.
            throttle.report()

    def _send(self, messages: Sequence[PushMessage], throttle: Throttle, send_one: SendOne) -> Iterator[Outcome]:
        in_flight = deque[Future[Outcome]]()
        for number, message in enumerate(messages):
            left = len(messages) - number
            while (postponed := self._wait_for_permit(throttle, left)) and in_flight:
                # One of these may be the probe that closes the circuit.
                yield in_flight.popleft().result()
            if postponed:
                yield from [postponed] * left
                break
            in_flight.append(self._pool.submit(self._send_one, send_one, throttle, message))
            while in_flight and in_flight[0].done():
                yield in_flight.popleft().result()
        while in_flight:
            yield in_flight.popleft().result()

    def _wait_for_permit(self, throttle: Throttle, left: int) -> Postponed | None:
        """None when a thread is free and the next message may be sent. In this order, since permits expire."""
        self._free.acquire()
        postponed = throttle.permit(left=left)
        if postponed:
            self._free.release()
        return postponed

    def _send_one(self, send_one: SendOne, throttle: Throttle, message: PushMessage) -> Outcome:
        # Recorded at once: a message that hangs must not hide that later ones fail.
        try:
            return throttle.record(send_one(message), address=message.address)
        finally:
            self._free.release()
