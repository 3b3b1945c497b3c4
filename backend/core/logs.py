"""Logging: one line an event, JSON in production, readable at home. No line holds a place or a text of a person."""

import logging
import re
from typing import Any

import structlog

_SHARED_STEPS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
# One list for all: a logger that has been used keeps it, and `capture_logs` changes it in place.
_STEPS = [*_SHARED_STEPS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]

# PostgreSQL says which row was at fault, with all its values, and psycopg repeats it.
_ROW = re.compile(
    r"(DETAIL|CONTEXT): .*?(?=\n\nThe above exception|\n\nDuring handling|\n(?:\w+\.)+\w+: |\Z)", re.DOTALL
)


def _leave_rows_out(logger: object, method: str, line: dict[str, Any]) -> dict[str, Any]:
    """The row may hold a home."""
    if "exception" in line:
        line["exception"] = _ROW.sub(r"\1: left out", line["exception"])
    return line


def leave_query_out(record: logging.LogRecord) -> bool:
    """A filter for uvicorn's line about a request: a deck's query says where somebody is."""
    record.args = tuple(part.split("?")[0] if isinstance(part, str) else part for part in record.args or ())
    return True


def _is_mistake(record: logging.LogRecord) -> bool:
    return getattr(record, "status_code", 500) == 500


def logging_settings(*, as_json: bool, level: str) -> dict[str, Any]:
    """Django's LOGGING setting, rendering standard and structlog records alike."""
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
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
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    _leave_rows_out,
                    renderer,
                ],
                "foreign_pre_chain": _SHARED_STEPS,
            }
        },
        "filters": {"only_mistakes": {"()": "django.utils.log.CallbackFilter", "callback": _is_mistake}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # An anticipated refusal is an answer, not something to look into; so is a 503.
            "django.request": {"level": "ERROR", "filters": ["only_mistakes"]},
            "django.security": {"level": "CRITICAL"},
            # One line a task, at each start of anything.
            "procrastinate.blueprints": {"level": "WARNING"},
            "procrastinate.periodic": {"level": "WARNING"},
            # One line for each push that may become due.
            "procrastinate.jobs": {"level": "WARNING"},
            # Ten lines for each PDF.
            "weasyprint.progress": {"level": "WARNING"},
        },
    }
