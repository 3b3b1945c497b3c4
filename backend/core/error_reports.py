"""Reports the lines of the error log to Sentry, without any values. Imported only when a DSN is set.

An event is built from what is named here: the type of each exception, where in the code it was raised, the words
of the log line, request id and operation. Messages, variables, queries, bodies and headers could hold a place, a name
or a token.
"""

import logging
import os
from typing import Any

import sentry_sdk
import structlog
from django.conf import settings
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Event, Hint

_OF_EVENT = ("event_id", "timestamp", "level", "logger", "platform", "environment", "release", "sdk")
_OF_FRAME = ("filename", "module", "function", "lineno", "in_app")


def start() -> None:
    """Report each line of the error log from now on, in the background."""
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.ENVIRONMENT,
        before_send=_keep_places_in_code,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
        max_breadcrumbs=0,
        include_local_variables=False,
        include_source_context=False,
        send_default_pii=False,
        auto_session_tracking=False,
        send_client_reports=False,
    )


def _keep_places_in_code(event: Event, hint: Hint) -> Event:
    kept: dict[str, Any] = {name: event[name] for name in _OF_EVENT if name in event}  # type: ignore[literal-required]
    record: logging.LogRecord | None = hint.get("log_record")
    if record is not None:
        kept["logentry"] = {"message": _words_of(record)}
    if values := event.get("exception", {}).get("values"):
        kept["exception"] = {"values": [_exception(value) for value in values]}
    kept["tags"] = _tags(record)
    return kept  # type: ignore[return-value]


def _words_of(record: logging.LogRecord) -> str:
    """The message as it is written in the code, without the values."""
    return str(record.msg.get("event", "")) if isinstance(record.msg, dict) else str(record.msg)


def _exception(value: dict[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames", [])
    places = [{name: frame[name] for name in _OF_FRAME if name in frame} for frame in frames]
    return {"type": value.get("type"), "module": value.get("module"), "stacktrace": {"frames": places}}


def _tags(record: logging.LogRecord | None) -> dict[str, str]:
    bound = structlog.contextvars.get_contextvars()
    tags = {"process": os.environ.get("PGAPPNAME", ""), "request_id": bound.get("request_id", "")}
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    return tags | {"operation": match.route if match else bound.get("task", "")}
