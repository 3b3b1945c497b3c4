"""Detects a connection pooler that mixes up prepared statements, or sessions without the settings they need.

A session of PgBouncer in transaction mode serves many clients, so none can bring settings: its role does.
"""

from collections.abc import Callable
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from psycopg.errors import DuplicatePreparedStatement, InvalidSqlStatementName
from psycopg.sql import SQL, Identifier, Literal

log = structlog.get_logger(__name__)
MIXED_UP = (
    "The pooler before PostgreSQL mixes up prepared statements: one user would get another's rows or errors. With "
    "PgBouncer 1.21 or newer set max_prepared_statements = 200, or pool_mode = session."
)
WITHOUT_SETTINGS = (
    "Sessions of the pooler lack settings: %s. Run manage.py set_role_settings, then RECONNECT in PgBouncer's console."
)
Connect = Callable[[], "psycopg.Connection[Any]"]


def require_separate_statements(connect: Connect | None = None) -> None:
    """Raise ImproperlyConfigured when two clients share one set of prepared statements. PostgreSQL may be away."""
    try:
        if _are_mixed_up(connect or _connect):
            raise ImproperlyConfigured(MIXED_UP)
    except psycopg.OperationalError as error:
        log.warning("pooler_not_checked", reason=type(error).__name__)


def require_session_settings(connect: Connect | None = None) -> None:
    """Raise ImproperlyConfigured when sessions lack settings that the service counts on. PostgreSQL may be away."""
    try:
        with (connect or _connect)() as session, session.transaction(force_rollback=True):
            wrong = [name for name, value in settings.POSTGRES_SESSION.items() if _differs(session, name, value)]
    except psycopg.OperationalError as error:
        log.warning("session_settings_not_checked", reason=type(error).__name__)
        return
    if wrong:
        raise ImproperlyConfigured(WITHOUT_SETTINGS % ", ".join(wrong))


def _differs(session: "psycopg.Connection[Any]", name: str, value: str) -> bool:
    """Whether the session has another value, as PostgreSQL compares them (60s is 1min). TCP settings are ignored."""
    values = {"name": name, "value": value}
    row = session.execute("SELECT current_setting(%(name)s) <> set_config(%(name)s, %(value)s, true)", values)
    return not name.startswith("tcp_") and row.fetchone() == (True,)


def set_role_settings() -> None:
    """Give new sessions of our role the settings that a process that serves requests brings itself without a pooler."""
    role = connection.settings_dict["USER"]
    with transaction.atomic(), connection.cursor() as cursor:
        for name, value in settings.POSTGRES_REQUEST_SESSION.items():
            cursor.execute(SQL("ALTER ROLE {} SET {} = {}").format(Identifier(role), Identifier(name), Literal(value)))


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
