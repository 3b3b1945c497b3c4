"""Rate limits, counted atomically in Redis by `limits`; without Redis nobody is held up."""

import time
from functools import cache
from typing import Any, TypeAlias

import structlog
from django.conf import settings
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter, RateLimiter
from redis.exceptions import NoScriptError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from backend.shared.redis import ask, key

log = structlog.get_logger(__name__)
Counted: TypeAlias = tuple[RateLimitItem, str, str]
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# Stands in the environment of a request that was counted before Django saw it. No header can have this name there.
COUNTED = "backend.counted"


@cache
def _limiter() -> RateLimiter:
    url = settings.REDIS_URL.replace("unix://", "redis+unix://", 1)
    return MovingWindowRateLimiter(storage_from_string(url, socket_timeout=1, socket_connect_timeout=1))


@cache
def _limit(scope: str) -> RateLimitItem:
    return parse(settings.RATE_LIMITS[scope])


def _hit(item: RateLimitItem, *who: str) -> bool:
    """What the limiter's own `hit` does, with its script and its keys, in a third of the time."""
    storage: Any = _limiter().storage
    script, counted = storage.lua_acquire_moving_window, storage.prefixed_key(item.key_for(*who))
    try:
        return bool(ask("EVALSHA", script.sha, 1, counted, time.time(), item.amount, item.get_expiry(), 1))
    except NoScriptError:
        return _limiter().hit(item, *who)


def _counted(scope: str, who: str) -> Counted:
    return _limit(scope), key(f"rate:{scope}"), who


def _may_pass(counted: Counted) -> bool:
    try:
        return _hit(*counted)
    except Exception as error:
        log.warning("rate_limit_skipped", reason=type(error).__name__)
        return True


def may_read(user_id: str, environ: dict[str, Any]) -> bool:
    """Whether somebody may read once more; counts it as `ScopedThrottle` does, which then counts it no more.

    Nothing that is refused is counted. `environ` is that of the request, as WSGI has it.
    """
    return _count_ahead(_counted("read", user_id), environ)


def may_write(user_id: str, environ: dict[str, Any]) -> bool:
    """The same of writing."""
    return _count_ahead(_counted("write", user_id), environ)


def _count_ahead(counted: Counted, environ: dict[str, Any]) -> bool:
    environ[COUNTED] = may_pass = _may_pass(counted)
    return may_pass


class ScopedThrottle(BaseThrottle):
    """Counts requests per person, or per address before sign-in, in the scope the view names or `read`/`write`."""

    def __init__(self) -> None:
        self._request: Counted | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Whether this request may pass; counts it."""
        scope = getattr(view, "rate_scope", None) or ("read" if request.method in SAFE_METHODS else "write")
        who = str(request.user.pk) if request.user and request.user.is_authenticated else self.get_ident(request)
        self._request = _counted(scope, who)
        return request.META.get(COUNTED, False) or _may_pass(self._request)

    def wait(self) -> float | None:
        """Seconds until the next request may pass."""
        if self._request is None:
            return None
        try:
            reset = _limiter().get_window_stats(*self._request).reset_time
        except Exception as error:
            log.warning("rate_limit_unknown", reason=type(error).__name__)
            return 1.0
        return max(1.0, reset - time.time())
