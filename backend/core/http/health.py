"""The page for developers, the OpenAPI document, and health checks: is the process alive, can it serve requests?"""

import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import RedisError
from rest_framework.request import Request
from rest_framework.response import Response

from backend.core.db.definitions import wrong_definitions
from backend.core.errors import NotReady
from backend.core.http.pages import PageView, render_page
from backend.core.http.problems import CONTENT_TYPE, RETRY_AFTER_S, problem
from backend.core.http.views import PublicView
from backend.core.media.pictures import media_state
from backend.core.redis.client import key, redis_client


class DevelopersView(PageView):
    """`/developers`: where the API, the admin and the health checks are."""

    def get(self, request: Request) -> HttpResponse:
        """HTML."""
        return render_page(request, "core/developers.html", {})


log = structlog.get_logger(__name__)
# More rows than fit into the memory for them are written to a file on PostgreSQL's disk, and leave nothing behind.
_WRITE_TO_DISK = "SET LOCAL work_mem = '64kB'; SELECT max(number) FROM generate_series(1, 10000) AS number"


class AliveView(PublicView):
    """`/healthz`: the process responds. It depends on nothing else, so that an outage elsewhere restarts nothing."""

    def get(self, request: Request) -> Response:
        """Always 200."""
        return Response({"status": "alive"})


NEEDED = ("postgresql", "migrations")
_watched: dict[str, Callable[[], str]] = {}


def watch(name: str, state: Callable[[], str]) -> None:
    """Add an optional check to `/readyz`; `state()` returns `ok` or what is wrong."""
    _watched[name] = state


class ReadyView(PublicView):
    """`/readyz`: everything that requests cannot do without is available."""

    def get(self, request: Request) -> Response:
        """200, or 503 with the checks that fail. 200 and `degraded` when only optional checks fail.

        A load balancer reads only the status code: removing web processes because Redis is away would help nobody. A
        process that is about to end is not ready, but serves on (deploy/start).
        """
        if settings.DRAIN_FILE and Path(settings.DRAIN_FILE).exists():
            return _not_ready({"process": "draining"})
        checks = read_states()
        if all(checks.get(name) == "ok" for name in NEEDED):
            status = "ready" if set(checks.values()) == {"ok"} else "degraded"
            return Response({"status": status, "checks": checks})
        log.warning("not_ready", **checks)
        return _not_ready(checks)


def _not_ready(checks: dict[str, str]) -> Response:
    refusal = NotReady()
    body = problem(status=refusal.status, code=refusal.code, detail=refusal.text)
    headers = {"Retry-After": str(RETRY_AFTER_S[refusal.kind])}
    return Response(body | {"checks": checks}, status=503, headers=headers, content_type=CONTENT_TYPE)


def read_states() -> dict[str, str]:
    """The state of each check; the optional ones only when requests can be served at all."""
    checks = {"postgresql": postgresql_state()}
    if checks["postgresql"] == "ok":
        checks["migrations"] = migrations_state()
    if set(checks.values()) == {"ok"}:
        checks |= {name: state() for name, state in _watched.items()}
    return checks


class CheckGauges(Collector):
    """The checks of `/readyz` for `/metrics`: who is on call hears of each by name."""

    def describe(self) -> Iterator[Metric]:
        """Nothing, so that registration checks nothing."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("service_check", "1 if this check of /readyz is ok.", labels=["check"])
        for name, state in read_states().items():
            family.add_metric([name], state == "ok")
        yield family


def postgresql_state() -> str:
    """`ok`, or the kind of error."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return type(error).__name__
    return "ok"


def writes_state() -> str:
    """`ok`, `read-only` when PostgreSQL is not the primary any more, or an error such as `DiskFull`; reads work."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        if cursor.fetchone() == ("on",):
            return "read-only"
        try:
            with transaction.atomic():
                cursor.execute(_WRITE_TO_DISK)
        except DatabaseError as error:
            return type(error.__cause__).__name__
    return "ok"


class Definitions:
    """Which functions, triggers, indexes and so on the database lacks.

    Reading them all takes longer than the other checks together. So what was complete is trusted for a while, short
    enough that a monitor hears of a loss within a minute.
    """

    TRUSTED_S = 50

    def __init__(self) -> None:
        self._trusted_until_s = 0.0

    def state(self, now_s: float) -> str:
        """`ok`, or what is missing. `now_s` is a time of a clock that only moves forward."""
        if now_s < self._trusted_until_s:
            return "ok"
        if missing := wrong_definitions():
            return ", ".join(missing)
        self._trusted_until_s = now_s + self.TRUSTED_S
        return "ok"


definitions = Definitions()


def definitions_state() -> str:
    return definitions.state(time.monotonic())


def redis_state() -> str:
    """`ok`, or the kind of error. A write, because Redis refuses those alone when its disk or memory is full."""
    try:
        with redis_client() as client:
            client.set(key("readyz"), 1, ex=60)
    except (RedisError, OSError) as error:
        return type(error).__name__
    return "ok"


watch("redis", redis_state)
watch("writes", writes_state)
watch("definitions", definitions_state)
watch("media", media_state)


def migrations_state() -> str:
    """`ok`, or how many migrations are still to be applied."""
    try:
        _require_migrations()
    except _MigrationsMissing as error:
        return f"{error.args[0]} to apply"
    return "ok"


class _MigrationsMissing(Exception):
    """Raised so that `@cache` remembers only success."""


@cache
def _require_migrations() -> None:
    """Raise until all migrations are applied; then never check again."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        raise _MigrationsMissing(len(plan))


class SchemaView(SpectacularAPIView):
    """The OpenAPI document, generated once in each process and format: it takes 0.4 s."""

    schema = None

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """As YAML, or with `?format=json` as JSON."""
        renderer = request.accepted_renderer
        renderer_class: Any = type(renderer)
        document = _document_as(renderer_class)
        return HttpResponse(document, content_type=renderer.media_type, headers={"Cache-Control": "max-age=300"})


@cache
def _document_as(renderer: Any) -> bytes | str:
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    document: bytes | str = renderer().render(schema, renderer_context={})
    return document
