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

from backend.shared.loop_redis import LoopRedis
from backend.shared.redis import Command, ask, key

log = structlog.get_logger(__name__)
Counted: TypeAlias = tuple[RateLimitItem, str, str]
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# Stands in the ASGI scope of a request that was counted before Django saw it.
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
    try:
        return bool(ask(*_words(item, *who)))
    except NoScriptError:
        return _limiter().hit(item, *who)


def _words(item: RateLimitItem, *who: str) -> Command:
    storage: Any = _limiter().storage
    counted = storage.prefixed_key(item.key_for(*who))
    limits = (item.amount, item.get_expiry(), 1)
    return "EVALSHA", storage.lua_acquire_moving_window.sha, 1, counted, time.time(), *limits


def _counted(scope: str, who: str) -> Counted:
    return _limit(scope), key(f"rate:{scope}"), who


def _may_pass(counted: Counted) -> bool:
    try:
        return _hit(*counted)
    except Exception as error:
        log.warning("rate_limit_skipped", reason=type(error).__name__)
        return True


async def may_pass_in_loop(redis: LoopRedis, scope: str, user_id: str) -> bool:
    """Whether somebody may `read` or `write` once more; counts it as `ScopedThrottle` does.

    Nothing that is refused is counted. Who counts says so to the throttle by `COUNTED`.
    """
    words = _words(*_counted(scope, user_id))
    try:
        return bool(await _asked(redis, words))
    except Exception as error:
        log.warning("rate_limit_skipped", reason=type(error).__name__)
        return True


async def _asked(redis: LoopRedis, words: Command) -> Any:
    try:
        return await redis.ask(*words)
    except NoScriptError:
        storage: Any = _limiter().storage
        return await redis.ask("EVAL", storage.lua_acquire_moving_window.script, *words[2:])


class ScopedThrottle(BaseThrottle):
    """Counts requests per person, or per address before sign-in, in the scope the view names or `read`/`write`."""

    def __init__(self) -> None:
        self._request: Counted | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Whether this request may pass; counts it."""
        scope = getattr(view, "rate_scope", None) or ("read" if request.method in SAFE_METHODS else "write")
        who = str(request.user.pk) if request.user and request.user.is_authenticated else self.get_ident(request)
        self._request = _counted(scope, who)
        return _is_counted(request) or _may_pass(self._request)

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


def _is_counted(request: Request) -> bool:
    scope: dict[str, Any] = request.META.get("asgi.scope", {})
    return bool(scope.get(COUNTED))
