"""The base of every HTTP view: throttled, idempotent by key, with the clock read once."""

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from backend.core.clock import read_clock
from backend.core.firebase import APP_CHECK_HEADER, require_genuine_app
from backend.core.http import idempotency
from backend.core.http.app_versions import add_minimum, require_supported_app
from backend.core.http.language import activate_language
from backend.core.http.parsers import require_length
from backend.core.http.throttling import ScopedThrottle

AnySerializer = TypeVar("AnySerializer", bound=BaseSerializer[Any])


def valid(serializer: AnySerializer) -> AnySerializer:
    """The serializer with `validated_data`. Raises ValidationError."""
    serializer.is_valid(raise_exception=True)
    return serializer


class OneRenderer(BaseContentNegotiation):
    """Every view has one response format; another one in `Accept` is no reason to refuse."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """The parser of the body's media type."""
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
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
    # The methods that take an `Idempotency-Key`. PUT and DELETE need one where a late repetition would act again.
    methods_with_key: frozenset[str] = frozenset({"POST"})
    # The methods, besides reading, that are open to suspended accounts.
    methods_for_suspended: frozenset[str] = frozenset()
    # Whether only genuine apps may call it where App Check is required.
    is_for_apps = True
    # Renders the object with this id for a repeated POST. Set where others can change it or end the right to see it.
    render_again: Callable[[Request, uuid.UUID], Response] | None = None
    # Asks the network for what the handlers of `methods_with_key` need, outside the transaction of a key.
    prepare: Callable[[Request], None] | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Do what `APIView.dispatch` does, but run a handler with an `Idempotency-Key` at most once."""
        self.args, self.kwargs = args, kwargs
        self.throttle = ScopedThrottle()
        self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(self.request, *args, **kwargs)
            response = self._run_handler()
        except Exception as error:
            response = self.handle_exception(error)
        self.response = self.finalize_response(self.request, response, *args, **kwargs)
        # Most responses hold an address, a name or a token. A view that may be cached says so itself.
        self.response.setdefault("Cache-Control", "no-store")
        add_minimum(self.response)
        for name, value in self.throttle.headers().items():
            self.response.setdefault(name, value)
        return self.response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Read the clock, authenticate and throttle; then choose the language."""
        self.now = read_clock()
        super().initial(request, *args, **kwargs)
        own = getattr(request.user, "locale", None)
        activate_language(request.META.get("HTTP_ACCEPT_LANGUAGE", ""), own_language=own)
        require_supported_app(request)
        require_length(request)
        if settings.FIREBASE_APP_CHECK and self.is_for_apps:
            require_genuine_app(request.headers.get(APP_CHECK_HEADER, ""))

    def get_throttles(self) -> list[BaseThrottle]:
        return [self.throttle]

    def acts_in(self, request: Request) -> Iterable[tuple[str, str]]:
        """Pairs of a further limit that the request counts against and a suffix; each suffix is counted separately."""
        return ()

    def _run_handler(self) -> Response:
        """Run the handler; with an idempotency key its response is stored in the transaction of its effect."""
        method = (self.request.method or "").lower()
        allowed = method if method in self.http_method_names else ""
        handler: Callable[..., Response] = getattr(self, allowed, self.http_method_not_allowed)
        run = partial(handler, self.request, *self.args, **self.kwargs)
        takes_key = self.request.method in self.methods_with_key and handler != self.http_method_not_allowed
        key = idempotency.key_of(self.request) if takes_key else None
        prepare = partial(self.prepare, self.request) if self.prepare and takes_key else None
        if key is None or not self.request.user.is_authenticated:
            if prepare:
                prepare()
            return run()
        return idempotency.answer_once(
            owner=self.request.user.id,
            key=key,
            fingerprint=idempotency.fingerprint_of(self.request),
            now=self.now,
            respond=run,
            render_again=partial(self.render_again, self.request) if self.render_again else None,
            prepare=prepare,
        )
