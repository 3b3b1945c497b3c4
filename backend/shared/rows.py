"""Rows of models by prepared statements, for what is done hundreds of times a second: the ORM builds each anew."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeAlias, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import AutoField, Field, Model
from django.db.models.expressions import DatabaseDefault

from backend.shared.prepared import fetch_prepared

M = TypeVar("M", bound=Model)
Fields: TypeAlias = "tuple[Field[Any, Any], ...]"


@cache
def names_of(model: type[Model], *, without: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The attributes of a model that lie in its table, in the order of `columns_of`, without those not wanted."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.name not in without)


@cache
def columns_of(model: type[Model], *, without: tuple[str, ...] = ()) -> str:
    """The same as a part of a SELECT."""
    table = model._meta.db_table
    fields = [field for field in model._meta.concrete_fields if field.name not in without]
    return ", ".join(f'{table}."{field.column}"' for field in fields)


def row_from(model: type[M], names: Sequence[str], values: Sequence[Any]) -> M:
    """The object of what a SELECT of `columns_of` has given; what was left out is read when it is asked for."""
    return model.from_db(DEFAULT_DB_ALIAS, names, values)


def insert_together(*rows: Model) -> None:
    """Insert new rows, of several tables too, by one statement in the caller's transaction.

    Foreign keys between them hold at the end of the transaction, as all of Django's. What the database fills in is
    not read back. Raises IntegrityError.
    """
    shape, values = [], {}
    for place, row in enumerate(rows):
        given = {field: field.pre_save(row, add=True) for field in _stored_fields(type(row))}
        fields = tuple(field for field, value in given.items() if not _is_left_to_database(field, value))
        shape.append((type(row), fields))
        for field in fields:
            values[f"{field.column}_{place}"] = field.get_db_prep_save(given[field], connection)
    fetch_prepared(_insertion_of(tuple(shape)), values)
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@cache
def _stored_fields(model: type[Model]) -> Fields:
    fields = model._meta.concrete_fields
    return tuple(field for field in fields if not (field.generated or isinstance(field, AutoField)))


def _is_left_to_database(field: "Field[Any, Any]", value: object) -> bool:
    """What it would fill in anyway: fewer values, and the statement is the same for every new row of a kind."""
    return (value is None and not field.has_db_default()) or isinstance(value, DatabaseDefault)


@cache
def _insertion_of(shape: tuple[tuple[type[Model], Fields], ...]) -> str:
    parts = [_insert_of(model, fields, place) for place, (model, fields) in enumerate(shape)]
    return f"WITH {', '.join(parts)} SELECT"


def _insert_of(model: type[Model], fields: Fields, place: int) -> str:
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(f"%({field.column}_{place})s" for field in fields)
    return f'row_{place} AS (INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({values}))'  # noqa: S608 - names only
