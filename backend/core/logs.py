"""Logging: one line per event, JSON in production, plain text elsewhere. No line contains a place or a user's text."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from django.conf import settings

_SHARED_STEPS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
# One shared list: loggers cache it at first use, and `capture_logs` changes it in place.
_STEPS = [*_SHARED_STEPS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]

# PostgreSQL's error details contain the row with all its values.
_ROW = re.compile(
    r"(DETAIL|CONTEXT): .*?(?=\n\nThe above exception|\n\nDuring handling|\n(?:\w+\.)+\w+: |\Z)", re.DOTALL
)


def _leave_rows_out(logger: object, method: str, line: dict[str, Any]) -> dict[str, Any]:
    """Remove row values from tracebacks: they may contain an address."""
    if "exception" in line:
        line["exception"] = _ROW.sub(r"\1: left out", line["exception"])
    return line


# The token at the end of these paths is all one needs to read a receipt, follow a handover or end mails.
_SECRET_PATH = re.compile(r"^(\S* )?/(r|s|unsubscribe)/.*", re.DOTALL)


def leave_secrets_out(record: logging.LogRecord) -> bool:
    """Remove queries and tokens from logged paths: a deck's query contains the user's location."""
    record.args = tuple(_without_secrets(part) if isinstance(part, str) else part for part in record.args or ())
    return True


def _without_secrets(path: str) -> str:
    return _SECRET_PATH.sub(r"\1/\2/...", path.split("?", maxsplit=1)[0])


def _is_mistake(record: logging.LogRecord) -> bool:
    return getattr(record, "status_code", 500) == 500


def json_formatter() -> structlog.stdlib.ProcessorFormatter:
    """For servers, too, which log before Django is there (`deploy/logging.json`)."""
    return _formatter(structlog.processors.JSONRenderer())


def _plain_formatter() -> structlog.stdlib.ProcessorFormatter:
    return _formatter(structlog.dev.ConsoleRenderer(colors=False))


def _formatter(renderer: Any) -> structlog.stdlib.ProcessorFormatter:
    steps: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _leave_rows_out,
        renderer,
    ]
    return structlog.stdlib.ProcessorFormatter(processors=steps, foreign_pre_chain=_SHARED_STEPS)


def current_request_id() -> str:
    """The id of the request that this code serves; empty outside of one."""
    request_id: str = structlog.contextvars.get_contextvars().get("request_id", "")
    return request_id


def cause_of_job() -> dict[str, str]:
    """Arguments that name, in the log lines and the span of a job, the request that it follows from."""
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        return {"request_id": current_request_id()}
    from backend.core.tracing import current_traceparent  # noqa: PLC0415 - only where traces are collected

    return {"request_id": current_request_id(), "traceparent": current_traceparent()}


async def bind_job(call_next: Callable[[], Awaitable[Any]], context: Any, worker: Any) -> Any:
    """Add the job, and the request that it follows from, to the log lines of a job: a middleware of its worker."""
    request_id = context.job.task_kwargs.get("request_id") or f"job-{context.job.id}"
    with structlog.contextvars.bound_contextvars(request_id=request_id, task=context.job.task_name):
        return await call_next()


def logging_settings(*, as_json: bool, level: str) -> dict[str, Any]:
    """Django's LOGGING setting, rendering standard and structlog records alike."""
    structlog.configure(
        processors=_STEPS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": json_formatter if as_json else _plain_formatter},
        },
        "filters": {
            "only_mistakes": {"()": "django.utils.log.CallbackFilter", "callback": _is_mistake},
            "no_secrets": {"()": "django.utils.log.CallbackFilter", "callback": leave_secrets_out},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Expected refusals, 503 among them, need no attention.
            "django.request": {"level": "ERROR", "filters": ["only_mistakes", "no_secrets"]},
            "django.security": {"level": "CRITICAL"},
            # One line per task at each start.
            "procrastinate.blueprints": {"level": "WARNING"},
            "procrastinate.periodic": {"level": "WARNING"},
            # One line for each push that may become due, and two for each job.
            "procrastinate.jobs": {"level": "WARNING"},
            "procrastinate.worker": {"level": "WARNING"},
            # Ten lines for each PDF.
            "weasyprint.progress": {"level": "WARNING"},
        },
    }
