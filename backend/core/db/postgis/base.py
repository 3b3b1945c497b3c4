"""Django's own backend, and what a service that is never to stop needs besides.

It sees for nothing whether a connection that rested has died meanwhile. Django asks `SELECT 1` before the first query
of each request, or not at all; so after a restart of PostgreSQL the first request on each connection failed. Here it
asks only where something unasked has come.

And what PostgreSQL does to a session, not to a statement, is an outage here, as when it is away: it takes no writes any
more, for another server has become the primary, or it has ended a transaction in which nothing was done for too long.
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
    """Gives each error the class it has in Django."""

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
    """One thread's way to the database."""

    health_check_done: bool
    is_lost = False

    @cached_property
    def wrap_database_errors(self) -> DatabaseErrorWrapper:
        """Around everything that psycopg is asked to do."""
        return _ErrorWrapper(self)

    def connect(self) -> None:
        """Open it; what is done before a request's first query is always done, for it costs next to nothing."""
        self.is_lost = False
        super().connect()
        self.health_check_enabled = True

    def is_usable(self) -> bool:
        """Whether it lives; asks PostgreSQL only if there is a reason to."""
        if self.connection is None or self.is_lost:
            return False
        return (not self.errors_occurred and is_quiet(self.connection)) or bool(super().is_usable())

    def close_if_health_check_failed(self) -> None:
        """Of a connection from the pool too, for there are threads that keep theirs."""
        BaseDatabaseWrapper.close_if_health_check_failed(self)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """One that lives: what rested in the pool may have died as well."""
        while True:
            self.connection = super().get_new_connection(conn_params)
            if not self.pool or self.is_usable():
                return self.connection
            # The pool throws away what has just failed, and opens another one.
            self._close()

    def _close(self) -> None:
        if self.is_lost and self.connection is not None:
            self.connection.close()  # or the pool would give it to the next one
        super()._close()  # type: ignore[misc]
