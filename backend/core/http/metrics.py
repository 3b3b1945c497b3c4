"""Metrics for Prometheus, of all workers of a web process."""

import ipaddress
import os
import secrets
import time
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from rest_framework.request import Request

from backend.core.errors import NotFound
from backend.core.http.views import PublicView

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
REQUEST_SECONDS = Histogram(
    "http_request_seconds",
    "Time to answer a request, by route.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


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


def note_request(method: str, route: str, status: int, seconds: float) -> None:
    _times_of(method if method in METHODS else "other", route, status).observe(seconds)


_times_of = lru_cache(maxsize=10_000)(REQUEST_SECONDS.labels)


_of_all_processes: list[Collector] = []


def register_shared(collector: Collector) -> None:
    """Report what this collector reads from PostgreSQL or Redis: any worker reports it for all."""
    REGISTRY.register(collector)
    _of_all_processes.append(collector)


def read_registry() -> CollectorRegistry:
    """The metrics of this process; of all that share `PROMETHEUS_MULTIPROC_DIR` (Procfile) where that is set."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    for collector in _of_all_processes:
        registry.register(collector)
    return registry


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
