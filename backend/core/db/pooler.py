"""Detects a connection pooler that mixes up the prepared statements of its clients."""

from collections.abc import Callable
from typing import Any

import psycopg
import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from psycopg.errors import DuplicatePreparedStatement, InvalidSqlStatementName

log = structlog.get_logger(__name__)
MIXED_UP = (
    "The pooler before PostgreSQL mixes up prepared statements: one user would get another's rows or errors. With "
    "PgBouncer 1.21 or newer set max_prepared_statements = 200, or pool_mode = session."
)
Connect = Callable[[], "psycopg.Connection[Any]"]


def require_separate_statements(connect: Connect | None = None) -> None:
    """Raise ImproperlyConfigured when two clients share one set of prepared statements. PostgreSQL may be away."""
    try:
        if _are_mixed_up(connect or _connect):
            raise ImproperlyConfigured(MIXED_UP)
    except psycopg.OperationalError as error:
        log.warning("pooler_not_checked", reason=type(error).__name__)


def _are_mixed_up(connect: Connect) -> bool:
    """Both clients name their first statement alike. A pooler gives the second the session that the first has left."""
    with connect() as one, connect() as other:
        try:
            for client, statement in ((one, "SELECT 1"), (other, "SELECT 'two'"), (one, "SELECT 1")):
                client.execute(statement, prepare=True)
        except (DuplicatePreparedStatement, InvalidSqlStatementName):
            return True
    return False


def _connect() -> "psycopg.Connection[Any]":
    wanted = connection.get_connection_params()
    wanted.pop("pool", None)
    return psycopg.connect(**wanted | {"autocommit": True, "cursor_factory": psycopg.Cursor})
