"""Traces for OpenTelemetry: a span for each request, statement and job. Imported only when a collector is set.

A span holds what is named here and nothing else: no path, query, header or body, no text or value of a statement, no
message of an exception. They could hold a place, a name or a token.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from backend.core.logs import current_request_id

_propagator = TraceContextTextMapPropagator()
_provider = TracerProvider(
    resource=Resource.create({SERVICE_NAME: os.environ.get("PGAPPNAME", "tft").replace(" ", "-")}),
    shutdown_on_exit=True,
)
_tracer = _provider.get_tracer("tinder-for-trash")


def start() -> None:
    """Send spans to the collector from now on, in the background."""
    exporter = OTLPSpanExporter(endpoint=f"{settings.OTEL_EXPORTER_OTLP_ENDPOINT.rstrip('/')}/v1/traces")
    _provider.add_span_processor(BatchSpanProcessor(exporter))
    connection_created.connect(_trace_statements, dispatch_uid="tracing")


def current_traceparent() -> str:
    """The `traceparent` header of the current span; empty without one."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent", "")


def _span(name: str, kind: SpanKind, traceparent: str = "", **attributes: str) -> Any:
    """A context manager that opens a span, in the trace that `traceparent` names or in the current one."""
    return _tracer.start_as_current_span(
        name,
        context=_propagator.extract({"traceparent": traceparent}) if traceparent else None,
        kind=kind,
        attributes={"request.id": current_request_id(), **attributes},
        record_exception=False,
        set_status_on_exception=False,
    )


class TraceMiddleware:
    """A span for each request, named after its route. Stands behind `RequestIdMiddleware`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        method = request.method or ""
        with _span(method, SpanKind.SERVER, request.META.get("HTTP_TRACEPARENT", "")) as span:
            response = self.get_response(request)
            route = request.resolver_match.route if request.resolver_match else "none"
            span.update_name(f"{method} {route}")
            span.set_attribute("http.request.method", method)
            span.set_attribute("http.route", route)
            span.set_attribute("http.response.status_code", response.status_code)
            _note_problem(span, response)
        return response


def _note_problem(span: Span, response: HttpResponse) -> None:
    body = getattr(response, "data", None)
    if response.status_code >= 400 and isinstance(body, dict) and "code" in body:
        span.set_attribute("error.type", str(body["code"]))
    if response.status_code >= 500:
        span.set_status(Status(StatusCode.ERROR))


def _trace_statements(connection: BaseDatabaseWrapper, **_: object) -> None:
    if _trace_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(_trace_statement)


def _trace_statement(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """A span for a statement: its kind alone, such as SELECT."""
    kind = sql.split(maxsplit=1)[0].upper() if sql.strip() else "NONE"
    with _span(kind, SpanKind.CLIENT, **{"db.system.name": "postgresql", "db.operation.name": kind}) as span:
        try:
            return execute(sql, params, many, context)
        except Exception as error:
            _note_exception(span, error)
            raise


async def trace_job(call_next: Callable[[], Awaitable[Any]], context: Any, worker: Any) -> Any:
    """A span for each job, in the trace of the request that it follows from: a middleware of its worker."""
    job = context.job
    with _span(f"job {job.task_name}", SpanKind.CONSUMER, job.task_kwargs.get("traceparent", "")) as span:
        try:
            return await call_next()
        except Exception as error:
            _note_exception(span, error)
            raise


def span_of_nudge(traceparent: str) -> Any:
    """A span for passing a nudge to the open sockets of its user, in the trace of the request that it follows from."""
    return _span("nudge", SpanKind.CONSUMER, traceparent)


def _note_exception(span: Span, error: Exception) -> None:
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(Status(StatusCode.ERROR))
