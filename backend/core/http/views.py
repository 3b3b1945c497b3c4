"""The base of every HTTP view: throttled, idempotent on POST, with the clock read once."""

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.utils import translation
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from backend.core.clock import read_clock
from backend.core.http import idempotency
from backend.core.http.parsers import require_length
from backend.core.http.throttling import ScopedThrottle


class OneRenderer(BaseContentNegotiation):
    """Every view has one response format; another one in `Accept` is no reason to refuse."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """The parser of the body's media type."""
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first one."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class PublicView(APIView):
    """A view beside the API: for everybody, without limits, and not in the schema."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    content_negotiation_class = OneRenderer
    schema = None


class ApiView(APIView):
    """An API view. Handlers translate in, make one service call, translate out; `self.now` is the time to pass."""

    content_negotiation_class = OneRenderer
    rate_scope: str | None = None
    now: datetime

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Read the clock, authenticate and throttle; then let a POST with a key run at most once."""
        self.now = read_clock()
        super().initial(request, *args, **kwargs)
        _activate_language_of(request)
        require_length(request)
        key = idempotency.key_of(request)
        if key is not None and request.user.is_authenticated and hasattr(self, "post"):
            self._answer_once(request, request.user.id, key)

    def get_throttles(self) -> list[BaseThrottle]:
        """One throttle, whose scope is the view's or follows from the method."""
        return [ScopedThrottle()]

    def _answer_once(self, request: Request, owner: uuid.UUID, key: str) -> None:
        """Wrap this request's `post`, so that its response is stored in the transaction of its effect."""
        post: Callable[..., Response] = getattr(self, "post")  # noqa: B009 - only some views have one

        def post_once(request: Request, *args: Any, **kwargs: Any) -> Response:
            return idempotency.answer_once(
                owner=owner,
                key=key,
                fingerprint=idempotency.fingerprint_of(request),
                now=self.now,
                respond=lambda: post(request, *args, **kwargs),
            )

        setattr(self, "post", post_once)  # noqa: B010


def _activate_language_of(request: Request) -> None:
    """`Accept-Language` decides; without it the response is in the language of the user."""
    if "HTTP_ACCEPT_LANGUAGE" not in request.META and (locale := getattr(request.user, "locale", None)):
        translation.activate(locale)
