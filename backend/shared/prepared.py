"""Statements that are asked so often that PostgreSQL should plan them once and not each time.

Django binds values on the client, so every statement of the ORM is read and planned anew. What goes through here is
prepared on the connection, which the pool keeps, and is planned without a look at its values (`plan_cache_mode` in the
settings). It runs on Django's own connection: inside its transactions, and counted like any other query.
"""

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections


class _PreparingCursor(psycopg.Cursor[tuple[Any, ...]]):
    """Prepares at the first use, and reads answers in PostgreSQL's own form, which needs no parsing."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> "_PreparingCursor":
        """Run `query`; Django's wrappers around the cursor pass nothing but the statement and its values."""
        super().execute(query, params, prepare=True, binary=True)
        return self


def fetch_prepared(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement whose text stays the same; what differs from time to time is in `values`."""
    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    wrapper.close_if_health_check_failed()
    wrapper.ensure_connection()
    if wrapper.queries_logged or wrapper.execute_wrappers:
        with wrapper._prepare_cursor(_PreparingCursor(wrapper.connection)) as watched:
            watched.execute(statement, values)
            return list(watched.fetchall())
    # What Django's own cursor does about it when nobody watches, once and not for each call.
    wrapper.validate_no_broken_transaction()
    with wrapper.wrap_database_errors:
        cursor = _PreparingCursor(wrapper.connection)
        return cursor.execute(statement, values).fetchall()
