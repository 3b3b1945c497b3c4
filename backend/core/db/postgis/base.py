"""Django's PostGIS backend, with cheap health checks and errors that mark a session as lost.

Django's own health check sends `SELECT 1` before the first query of each request. This one only looks whether the idle
connection has something to read, and sends `SELECT 1` only then. Without a check, the first request on each connection
fails after a restart of PostgreSQL.

Errors that concern the session, not the statement, become OperationalError, as when PostgreSQL is away: the server has
become read-only because another one is the primary, or it has ended a transaction that was idle for too long.
"""

from functools import cached_property
from types import TracebackType
from typing import Any

from django.contrib.gis.db.backends.postgis import base
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import DatabaseErrorWrapper

from backend.core.db.lines import SESSION_LOST, is_quiet


class _ErrorWrapper(DatabaseErrorWrapper):
    """Translates errors of psycopg into Django's; an error in SESSION_LOST also marks the connection as lost."""

    wrapper: "DatabaseWrapper"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        if isinstance(error, SESSION_LOST):
            self.wrapper.errors_occurred = self.wrapper.is_lost = True
            raise OperationalError(*error.args).with_traceback(trace) from error
        super().__exit__(kind, error, trace)


class DatabaseWrapper(base.DatabaseWrapper):
    """The connection of one thread."""

    health_check_done: bool
    is_lost = False

    @cached_property
    def wrap_database_errors(self) -> DatabaseErrorWrapper:
        """The context manager around every call to psycopg."""
        return _ErrorWrapper(self)

    def connect(self) -> None:
        """Connect, with health checks always on: they cost next to nothing."""
        self.is_lost = False
        super().connect()
        self.health_check_enabled = True

    def is_usable(self) -> bool:
        """Whether the connection works; sends a query only when there is a reason to doubt it."""
        if self.connection is None or self.is_lost:
            return False
        return (not self.errors_occurred and is_quiet(self.connection)) or bool(super().is_usable())

    def close_if_health_check_failed(self) -> None:
        """Check pooled connections too: some threads keep theirs."""
        BaseDatabaseWrapper.close_if_health_check_failed(self)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that works: one from the pool may have died meanwhile."""
        while True:
            self.connection = super().get_new_connection(conn_params)
            if not self.pool or self.is_usable():
                return self.connection
            # The pool discards a broken connection, and opens another one.
            self._close()

    def _close(self) -> None:
        if self.is_lost and self.connection is not None:
            self.connection.close()  # otherwise the pool would hand it out again
        super()._close()  # type: ignore[misc]
