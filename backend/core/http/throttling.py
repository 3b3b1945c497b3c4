"""The limits that one request counts against, and the headers that tell of them."""

from collections.abc import Iterable, Mapping

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from backend.core.redis.limits import Limit, Room, hit, is_new_account, limit_for, room_in

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class ScopedThrottle(BaseThrottle):
    """Counts requests per user, or per IP address before sign-in.

    A request counts against the view's `rate_scope`, or `read` or `write`, and against the limits that the view's
    `acts_in` returns.
    """

    def __init__(self) -> None:
        self._limits: list[Limit] = []
        self._refused: Room | None = None
        self._is_read = False

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Whether this request may pass; counts it."""
        self._is_read = request.method in SAFE_METHODS
        scope = getattr(view, "rate_scope", None) or ("read" if self._is_read else "write")
        who = getattr(request.user, "rate_key", None) or self.get_ident(request)
        created_at = getattr(request.user, "created_at", None)
        is_new = created_at is not None and is_new_account(created_at, getattr(view, "now", None) or timezone.now())
        for name, apart in [(scope, ""), *_acts_in(request, view)]:
            limit = limit_for(name, f"{who}{apart}", is_new=is_new)
            self._limits.append(limit)
            if not hit(limit):
                self._refused = room_in(limit)
                return False
        return True

    def wait(self) -> float | None:
        """Seconds until the next request may pass."""
        return self._refused.after_s if self._refused else None

    def headers(self) -> Mapping[str, str]:
        """`RateLimit-Policy`, and `RateLimit` for writes and refusals; reading the counts of reads costs too much."""
        if not self._limits:
            return {}
        policies = ", ".join(limit.policy for limit in self._limits)
        rooms = [self._refused] if self._refused else [] if self._is_read else map(room_in, self._limits)
        counts = ", ".join(room.header for room in rooms)
        return {"RateLimit-Policy": policies} | ({"RateLimit": counts} if counts else {})


def _acts_in(request: Request, view: APIView) -> Iterable[tuple[str, str]]:
    acts = getattr(view, "acts_in", None)
    return acts(request) if acts else ()
