"""Firebase's quota of messages per minute, shared by all workers.

A token bucket in Redis, as a script, for two things that `limits` lacks: the rate ramps up after idle time, as Firebase
asks, and one call takes a hundred tokens at once. The bucket's capacity plus the inflow of one window and of
`UNDER_WAY_S` equals the quota, so no window of 60 seconds, wherever it begins, exceeds it.

Without Redis each worker uses a twentieth of the quota, which holds for up to twenty workers.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from django.conf import settings
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis import Redis

from backend.core.redis.client import key
from notifications.push.shared_state import RedisWithFallback

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
        reply: Any = redis.eval(_TAKE, 1, key("fcm:quota"), *values)
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
