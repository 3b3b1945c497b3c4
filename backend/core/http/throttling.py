"""Rate limits, counted atomically in Redis by `limits`. Without Redis there are no limits."""

import time
from functools import cache
from typing import TypeAlias

import structlog
from django.conf import settings
from limits import RateLimitItem, parse
from limits.strategies import MovingWindowRateLimiter, RateLimiter
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from backend.core.redis.client import cooldown, key, limits_storage

log = structlog.get_logger(__name__)
Counted: TypeAlias = tuple[RateLimitItem, str, str]
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


@cache
def _limiter() -> RateLimiter:
    return MovingWindowRateLimiter(limits_storage())


@cache
def _limit(scope: str) -> RateLimitItem:
    return parse(settings.RATE_LIMITS[scope])


def _may_pass(counted: Counted) -> bool:
    try:
        with cooldown:
            return _limiter().hit(*counted)
    except Exception as error:
        log.warning("rate_limit_skipped", reason=type(error).__name__)
        return True


class ScopedThrottle(BaseThrottle):
    """Counts requests per user, or per IP address before sign-in, in the view's `rate_scope` or `read`/`write`."""

    def __init__(self) -> None:
        self._request: Counted | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Whether this request may pass; counts it."""
        scope = getattr(view, "rate_scope", None) or ("read" if request.method in SAFE_METHODS else "write")
        who = getattr(request.user, "rate_key", None) or self.get_ident(request)
        self._request = _limit(scope), key(f"rate:{scope}"), who
        return _may_pass(self._request)

    def wait(self) -> float | None:
        """Seconds until the next request may pass."""
        if self._request is None:
            return None
        try:
            with cooldown:
                reset = _limiter().get_window_stats(*self._request).reset_time
        except Exception as error:
            log.warning("rate_limit_unknown", reason=type(error).__name__)
            return 1.0
        return max(1.0, reset - time.time())
