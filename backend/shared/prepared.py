"""Statements that are asked so often that PostgreSQL should plan them once and not each time.

Django binds values on the client, so every statement of the ORM is read and planned anew. What goes through here is
prepared on the connection, which the pool keeps, and is planned without a look at its values (`plan_cache_mode` in the
settings). It runs on Django's own connection: inside its transactions, and counted like any other query.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model

T = TypeVar("T")
M = TypeVar("M", bound=Model)
Rows: TypeAlias = list[tuple[Any, ...]]


class _PreparingCursor(psycopg.Cursor[tuple[Any, ...]]):
    """Prepares at the first use, and reads answers in PostgreSQL's own form, which needs no parsing."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> "_PreparingCursor":
        """Run `query`; Django's wrappers around the cursor pass nothing but the statement and its values."""
        super().execute(query, params, prepare=True, binary=True)
        return self


@cache
def columns_of(model: type[Model]) -> str:
    """The columns of a model's table, for the SELECT of `fetch_models`."""
    table = model._meta.db_table
    return ", ".join(f'{table}."{field.column}"' for field in model._meta.concrete_fields)


@cache
def _attributes_of(model: type[Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


def model_from(model: type[M], row: Sequence[Any]) -> M:
    """The object of a row of `columns_of(model)`."""
    return model.from_db(DEFAULT_DB_ALIAS, _attributes_of(model), row)


def models_from(row: Sequence[Any], *models: type[Model]) -> list[Any]:
    """One object of each model, of a row with the columns of all of them."""
    found, start = [], 0
    for model in models:
        end = start + len(_attributes_of(model))
        found.append(model_from(model, row[start:end]))
        start = end
    return found


def fetch_models(model: type[M], statement: str, values: Mapping[str, Any]) -> list[M]:
    """The objects of a prepared statement that selects `columns_of(model)`."""
    return [model_from(model, row) for row in fetch_prepared(statement, values)]


def array_of(values: Iterable[object]) -> str:
    """An array as PostgreSQL spells it, of what needs no quotes: ids, numbers, letters without spaces, and no NULL.

    psycopg looks at each value of a list by itself, which takes longer than all else about a short statement. The
    statement has to say of what it is an array.
    """
    return "{" + ",".join(map(str, values)) + "}"


def fetch_prepared(statement: str, values: Mapping[str, Any]) -> Rows:
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
