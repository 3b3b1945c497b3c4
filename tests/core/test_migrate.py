"""A migration lets people pass while a table is in use, and indexes are built without a lock."""

import re
from collections.abc import Iterator
from io import StringIO
from threading import Event, Thread
from typing import Any

import pytest
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.core.management import call_command
from django.core.management.commands import migrate as django_migrate
from django.db import connection, transaction
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    CreateModel,
    Migration,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import UniqueConstraint

from tests.waits import wait_until

APPS = {"accounts", "core", "notifications", "chat", "geo"}


@pytest.mark.django_db(transaction=True)
def test_a_table_in_use_is_tried_again_until_it_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    said, is_held, is_done = StringIO(), Event(), Event()
    monkeypatch.setattr(django_migrate.Command, "handle", _lock_as_a_migration_does)
    holder = Thread(target=_hold, args=(is_held, is_done))
    migration = Thread(target=_migrate, args=(said,))
    holder.start()
    try:
        assert is_held.wait(20)
        migration.start()
        wait_until(lambda: "trying again" in said.getvalue())
    finally:
        is_done.set()
        holder.join()
        migration.join()

    assert said.getvalue().endswith("migrated, 300ms")


def _lock_as_a_migration_does(command: Any, **options: Any) -> None:
    """In the place of Django's, which reads all migrations first."""
    command.verbosity = 0
    command.migration_progress_callback("apply_start", Migration("0001_initial", "chat"))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE chat_participant")
        cursor.execute("SHOW lock_timeout")
        command.stdout.write(f"migrated, {cursor.fetchone()[0]}", ending="")


def _hold(is_held: Event, is_done: Event) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT FROM chat_participant")
        is_held.set()
        is_done.wait(60)
    connection.close()


def _migrate(said: StringIO) -> None:
    call_command("migrate", stdout=said)
    connection.close()


# Before the first release: no table had many rows.
OF_EMPTY_TABLES = {"accounts.0003_report_outcomes", "accounts.0006_line", "geo.0009_corrections"}


@pytest.fixture(scope="module")
def migrations() -> list[Migration]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return [each for each in loader.disk_migrations.values() if each.app_label in APPS]


def test_what_runs_outside_a_transaction_is_concurrent(migrations: list[Migration]) -> None:
    """No bound of locks holds for it, and half of it cannot be rolled back."""
    outside = [each for each in migrations if not each.atomic]

    assert outside
    assert [each for each in outside if [_is_concurrent(one) for one in _operations(each)] != [True]] == []


def test_indexes_of_tables_in_use_are_built_concurrently(migrations: list[Migration]) -> None:
    """To build one in a transaction keeps people waiting until all rows are read."""
    locking = {f"{each.app_label}.{each.name}" for each in migrations if _locks_for_an_index(each)}

    assert locking == OF_EMPTY_TABLES


def _locks_for_an_index(migration: Migration) -> bool:
    created = {each.name_lower for each in migration.operations if isinstance(each, CreateModel)}
    return any(_builds_index(each) and _model_of(each) not in created for each in _operations(migration))


def _builds_index(operation: Operation) -> bool:
    if isinstance(operation, AddField):
        field: Any = operation.field
        return bool(field.db_index or field.unique)
    if isinstance(operation, AddConstraint):
        return isinstance(operation.constraint, UniqueConstraint | ExclusionConstraint)
    if isinstance(operation, RunSQL):
        return bool(re.search(r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)", str(operation.sql)))
    return isinstance(operation, AddIndex) and not _is_concurrent(operation)


def _model_of(operation: Any) -> str:
    return getattr(operation, "model_name", "").lower()


def _is_concurrent(operation: Operation) -> bool:
    if isinstance(operation, RunSQL):
        return " CONCURRENTLY " in str(operation.sql) and ";" not in str(operation.sql)
    return isinstance(operation, AddIndexConcurrently | RemoveIndexConcurrently)


def _operations(migration: Migration) -> Iterator[Operation]:
    """What it does to the database."""
    for each in migration.operations:
        yield from each.database_operations if isinstance(each, SeparateDatabaseAndState) else [each]
