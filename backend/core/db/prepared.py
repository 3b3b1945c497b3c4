"""Prepared statements for hot reads: neither Django nor PostgreSQL compiles them for each request.

Django binds values on the client, so PostgreSQL parses and plans every statement of the ORM each time. A statement that
runs through `fetch_prepared` is prepared on the connection, which the pool keeps, and planned without regard to its
values (`plan_cache_mode` in the settings). It runs on Django's own connection: inside its transactions, and counted
like any other query.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias, TypeVar

import msgspec
import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault

from backend.core.db.replica import alias_to_read

T = TypeVar("T")
M = TypeVar("M", bound=Model)
Rows: TypeAlias = list[tuple[Any, ...]]


class _PreparingCursor(psycopg.Cursor[tuple[Any, ...]]):
    """Prepares a statement at its first use, and reads results in PostgreSQL's binary format."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> "_PreparingCursor":
        """Run `query`. Django's wrappers around the cursor pass only the statement and its values."""
        super().execute(query, params, prepare=True, binary=True)
        return self


@cache
def columns_of(model: type[Model], only: tuple[str, ...] = (), table: str = "") -> str:
    """The columns of a model, for the SELECT of `fetch_models`; of the fields in `only`, or of all.

    `table` is the table's alias in the statement, if it has one.
    """
    table = table or model._meta.db_table
    return ", ".join(f'{table}."{field.column}"' for field in _fields_of(model, only))


def columns_for(struct: type[msgspec.Struct], table: str) -> str:
    """The columns of `table` with the names of a struct's fields, in their order: `struct(*row)` takes such a row.

    A struct costs a hundredth of a model's object, so it is for rows of which a response shows only the columns.
    """
    return ", ".join(f"{table}.{name}" for name in struct.__struct_fields__)


def _fields_of(model: type[Model], only: tuple[str, ...]) -> list[Any]:
    """In the order of the model, whatever the order of `only`."""
    return [field for field in model._meta.concrete_fields if not only or field.attname in only]


@cache
def _attributes_of(model: type[Model], only: tuple[str, ...] = ()) -> Collection[str]:
    """Ordered, and quick to search, which Django does for each field of each object."""
    return dict.fromkeys(field.attname for field in _fields_of(model, only))


def model_from(model: type[M], row: Sequence[Any], only: tuple[str, ...] = ()) -> M:
    """The object of a row of `columns_of(model, only)`. Fields that are not in `only` are deferred."""
    return model.from_db(DEFAULT_DB_ALIAS, _attributes_of(model, only), row)


def models_from(row: Sequence[Any], *parts: type[Model] | tuple[type[Model], tuple[str, ...]]) -> list[Any]:
    """One object of each model, of a row with the columns of all of them. A part is a model, or `(model, only)`."""
    found, start = [], 0
    for part in parts:
        model, only = part if isinstance(part, tuple) else (part, ())
        end = start + len(_attributes_of(model, only))
        found.append(model_from(model, row[start:end], only))
        start = end
    return found


def fetch_models(model: type[M], statement: str, values: Mapping[str, Any]) -> list[M]:
    """The objects of a prepared statement that selects `columns_of(model)`."""
    return [model_from(model, row) for row in fetch_prepared(statement, values)]


def insert_prepared(row: Model) -> None:
    """Insert a new object whose primary key is set, by a prepared statement. Sends no signals.

    Columns whose value the database sets by default are read back into the object.
    """
    model, connection = type(row), connections[DEFAULT_DB_ALIAS]
    values: dict[str, Any] = {}
    defaults: list[str] = []
    for field in model._meta.concrete_fields:
        value = getattr(row, field.attname)
        if isinstance(value, DatabaseDefault):
            defaults.append(field.attname)
        else:
            values[field.attname] = field.get_db_prep_save(value, connection)
    [stored] = fetch_prepared(_insert_statement(model, tuple(values), tuple(defaults)), values)
    for name, value in zip(defaults, stored, strict=False):
        setattr(row, name, value)
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@cache
def _insert_statement(model: type[Model], given: tuple[str, ...], defaults: tuple[str, ...]) -> str:
    columns = {field.attname: f'"{field.column}"' for field in model._meta.concrete_fields}
    names, values = ", ".join(columns[name] for name in given), ", ".join(f"%({name})s" for name in given)
    returned = ", ".join(columns[name] for name in defaults) or "true"
    return f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({values}) RETURNING {returned}'  # noqa: S608 - names only


def array_of(values: Iterable[object]) -> str:
    """An array literal of values that need no quotes: ids, numbers, words without spaces, no NULL.

    psycopg adapts each value of a list by itself, which takes longer than the rest of a short statement. The statement
    has to cast the array to its type.
    """
    return "{" + ",".join(map(str, values)) + "}"


def fetch_prepared(statement: str, values: Mapping[str, Any]) -> Rows:
    """All rows of a statement. Its text must be constant; what differs between calls goes into `values`."""
    database: Any = connections[alias_to_read()]
    database.close_if_health_check_failed()
    database.ensure_connection()
    wrap = database.make_debug_cursor if database.queries_logged else database.make_cursor
    with wrap(_PreparingCursor(database.connection)) as cursor:
        cursor.execute(statement, values)
        rows: Rows = cursor.fetchall()
        return rows
