"""Measuring requests, and `/metrics` for Prometheus: of all workers of a web process."""

import ipaddress
import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from rest_framework.request import Request

from backend.core.errors import NotFound
from backend.core.http.views import PublicView
from backend.core.metrics import note_request, read_registry


class MetricsMiddleware:
    """Measures every request by route, not by path: paths contain ids."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        route = request.resolver_match.route if request.resolver_match else "none"
        note_request(request.method or "", route, response.status_code, time.perf_counter() - started)
        return response


class MetricsView(PublicView):
    """`/metrics`, for clients on this machine or with `METRICS_TOKEN`; 404 for all others."""

    def get(self, request: Request) -> HttpResponse:
        """The text format of Prometheus."""
        if not (_is_from_this_machine(request) or _has_token(request)):
            raise NotFound
        return HttpResponse(generate_latest(read_registry()), content_type=CONTENT_TYPE_LATEST)


def _is_from_this_machine(request: Request) -> bool:
    """Whether the client is local, and not a proxy that forwards for others."""
    if settings.BEHIND_PROXY or any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via")):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _has_token(request: Request) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    return bool(settings.METRICS_TOKEN) and secrets.compare_digest(given, settings.METRICS_TOKEN.encode())
