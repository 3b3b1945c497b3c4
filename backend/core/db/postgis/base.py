"""Django's PostGIS backend, with health checks without a round trip, and errors that mark a session as lost.

Django's own health check sends `SELECT 1` before the first query of each request. This one only looks whether the idle
connection has something to read, and sends `SELECT 1` only then. Without a check, the first request on each connection
fails after a restart of PostgreSQL. The pool's own check is off (`CONN_HEALTH_CHECKS`): after each dead connection it
waits for a second or more, so that a request could time out while the pool still holds dead ones.

Of several hosts the primary is used. A connection whose server has become a standby is replaced like a dead one.

Errors that concern the session, not the statement, become OperationalError, as when PostgreSQL is away: the server has
become read-only because another one is the primary, or it has ended a transaction that was idle for too long.
"""

import select
from collections.abc import Mapping
from functools import cached_property
from types import TracebackType
from typing import Any

import psycopg
from django.contrib.gis.db.backends.postgis import base
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import DatabaseErrorWrapper
from psycopg.errors import IdleInTransactionSessionTimeout, ReadOnlySqlTransaction

# Errors of a statement that make the whole session useless; a new session may work.
SESSION_LOST = (ReadOnlySqlTransaction, IdleInTransactionSessionTimeout)


def is_quiet(connection: "psycopg.BaseConnection[Any]") -> bool:
    """Whether an idle connection has nothing to read. Costs no round trip.

    PostgreSQL sends little unasked: mostly that the session has ended, as by a restart, sometimes a notification or a
    changed parameter.
    """
    if connection.closed:
        return False
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    return not look.poll(0)


def is_demoted(connection: "psycopg.BaseConnection[Any]", options: Mapping[str, Any]) -> bool:
    """Whether the server has said that it takes no writes any more. Costs no round trip.

    False unless the primary of several hosts is wanted (`target_session_attrs`): another one may be the primary now.
    """
    status = connection.info.parameter_status
    names = ("default_transaction_read_only", "in_hot_standby") if "target_session_attrs" in options else ()
    return any(status(name) == "on" for name in names)


class _ErrorWrapper(DatabaseErrorWrapper):
    """Translates errors of psycopg into Django's. An error in SESSION_LOST also closes the connection."""

    wrapper: "DatabaseWrapper"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        if isinstance(error, SESSION_LOST):
            self.wrapper.errors_occurred = True
            if self.wrapper.connection is not None:
                self.wrapper.connection.close()  # a pool discards a closed connection
            raise OperationalError(*error.args).with_traceback(trace) from error
        super().__exit__(kind, error, trace)


class DatabaseWrapper(base.DatabaseWrapper):
    """The connection of one thread."""

    @property
    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = self.settings_dict["OPTIONS"]
        return options

    @cached_property
    def wrap_database_errors(self) -> DatabaseErrorWrapper:
        """The context manager around every call to psycopg."""
        return _ErrorWrapper(self)

    def is_usable(self) -> bool:
        """Whether the connection works; sends a query only when there is a reason to doubt it."""
        if self.connection is None or self.connection.closed or is_demoted(self.connection, self._options):
            return False
        return (not self.errors_occurred and is_quiet(self.connection)) or bool(super().is_usable())

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect, or take a connection from the pool; dead ones are replaced at once."""
        self.health_check_enabled = True
        found = super().get_new_connection(dict(conn_params))
        while self.pool and (not is_quiet(found) or is_demoted(found, self._options)):
            found.close()
            self.pool.putconn(found)
            found = super().get_new_connection(dict(conn_params))
        return found

    def close_if_health_check_failed(self) -> None:
        """Check pooled connections too: some threads keep theirs."""
        BaseDatabaseWrapper.close_if_health_check_failed(self)
