"""Logging: one line per event, JSON in production, plain text elsewhere. No line contains a place or a user's text."""

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


# The token at the end of these paths is all one needs to read a receipt or end somebody's mails.
_SECRET_PATH = re.compile(r"^(\S* )?/(r|unsubscribe)/.*", re.DOTALL)


def leave_secrets_out(record: logging.LogRecord) -> bool:
    """Remove queries and tokens from logged paths: a deck's query contains the user's location."""
    record.args = tuple(_without_secrets(part) if isinstance(part, str) else part for part in record.args or ())
    return True


def _without_secrets(path: str) -> str:
    return _SECRET_PATH.sub(r"\1/\2/...", path.split("?", maxsplit=1)[0])


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
            # One line for each push that may become due.
            "procrastinate.jobs": {"level": "WARNING"},
            # Ten lines for each PDF.
            "weasyprint.progress": {"level": "WARNING"},
        },
    }
