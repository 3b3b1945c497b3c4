"""Limits on how often one person may do something, counted atomically in Redis for all processes together.

Without Redis each process counts on its own, so that the limits hold loosely instead of not at all.
"""

import math
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import structlog
from django.conf import settings
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, RateLimiter

from backend.core.redis.client import cooldown, key, limits_storage

log = structlog.get_logger(__name__)
# Acts that affect other people; new accounts may do fewer of them.
ACTS = frozenset({"message", "first_message", "photo", "like", "pickup", "pickup_square", "report"})


@dataclass(frozen=True)
class Limit:
    """How often `item` lets `who` do what `name` stands for."""

    name: str
    item: RateLimitItem
    who: str

    @property
    def identifiers(self) -> tuple[str, str]:
        return key(f"rate:{self.name}"), self.who

    @property
    def policy(self) -> str:
        """For the header `RateLimit-Policy`."""
        return f'"{self.name}";q={self.item.amount};w={self.item.get_expiry()}'


@dataclass(frozen=True)
class Room:
    """What is left of a limit: how many acts now, and the seconds until the window resets."""

    limit: Limit
    left: int
    after_s: int

    @property
    def header(self) -> str:
        """For the header `RateLimit`."""
        return f'"{self.limit.name}";r={self.left};t={self.after_s}'


def limit_for(name: str, who: str, *, is_new: bool = False) -> Limit:
    """The limit of this name for one person, or for one address on the network."""
    return Limit(name, _item(settings.RATE_LIMITS[name], is_new and name in ACTS), who)


def is_new_account(created_at: datetime, now: datetime) -> bool:
    """Whether an account is so young that it may do less."""
    return now - created_at < timedelta(days=settings.NEW_ACCOUNT_DAYS)


def hit(limit: Limit) -> bool:
    """Count one act; False when the limit is reached. It waits for Redis: call it in a thread from an event loop."""
    try:
        with cooldown:
            return _limiter().hit(limit.item, *limit.identifiers)
    except Exception as error:
        return _hit_alone(limit, error)


def room_in(limit: Limit) -> Room:
    """Read what is left of a limit, without counting."""
    try:
        with cooldown:
            stats = _limiter().get_window_stats(limit.item, *limit.identifiers)
    except Exception as error:
        log.warning("rate_limit_unknown", reason=type(error).__name__)
        stats = _limiter_alone().get_window_stats(limit.item, *limit.identifiers)
    return Room(limit, max(0, stats.remaining), max(1, math.ceil(stats.reset_time - time.time())))


def forget(limit: Limit) -> None:
    """Reset the count of a limit, as after a successful sign-in."""
    try:
        with cooldown:
            _limiter().clear(limit.item, *limit.identifiers)
    except Exception as error:
        log.warning("rate_limit_unknown", reason=type(error).__name__)
        _limiter_alone().clear(limit.item, *limit.identifiers)


def _hit_alone(limit: Limit, error: Exception) -> bool:
    log.warning("rate_limit_local", reason=type(error).__name__)
    return _limiter_alone().hit(limit.item, *limit.identifiers)


@cache
def _limiter() -> RateLimiter:
    return MovingWindowRateLimiter(limits_storage())


@cache
def _limiter_alone() -> RateLimiter:
    return MovingWindowRateLimiter(MemoryStorage())


@cache
def _item(text: str, is_new: bool) -> RateLimitItem:
    item = parse(text)
    if not is_new:
        return item
    return type(item)(max(1, int(item.amount * settings.NEW_ACCOUNT_SHARE)), item.multiples, item.namespace)
