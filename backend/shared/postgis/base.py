"""Django's own backend, which sees for nothing whether a connection that rested has died meanwhile.

Django asks `SELECT 1` before the first query of each request, or not at all; so after a restart of PostgreSQL the first
request on each connection failed. Here it asks only where something unasked has come.
"""

from typing import Any

from django.contrib.gis.db.backends.postgis import base
from django.db.backends.base.base import BaseDatabaseWrapper

from backend.shared.lines import is_quiet


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread's way to the database."""

    health_check_done: bool

    def connect(self) -> None:
        """Open it; what is done before a request's first query is always done, for it costs next to nothing."""
        super().connect()
        self.health_check_enabled = True

    def is_usable(self) -> bool:
        """Whether it lives; asks PostgreSQL only if there is a reason to."""
        if self.connection is not None and not self.errors_occurred and is_quiet(self.connection):
            return True
        return bool(super().is_usable())

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
            self._close()  # type: ignore[attr-defined]
