"""A migration lets people pass while a table is in use, and indexes are built without a lock."""

from io import StringIO
from threading import Event, Thread

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations import Migration, RunSQL, SeparateDatabaseAndState
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from tests.waits import wait_until

APPS = {"accounts", "core", "notifications", "chat", "geo"}


@pytest.mark.django_db(transaction=True)
def test_a_table_in_use_is_tried_again_until_it_is_free() -> None:
    """Both ways, so that the database stays as it was."""
    said, is_held, is_done = StringIO(), Event(), Event()
    applied = {name for app, name in MigrationLoader(connection).applied_migrations if app == "chat"}
    holder = Thread(target=_hold, args=("chat_participant", is_held, is_done))
    migration = Thread(target=_migrate, args=("0001", said))
    holder.start()
    try:
        assert is_held.wait(60)
        migration.start()
        wait_until(lambda: "trying again" in said.getvalue(), 60)
    finally:
        is_done.set()
        holder.join()
        migration.join()
    after = {name for app, name in MigrationLoader(connection).applied_migrations if app == "chat"}
    call_command("migrate", "chat", verbosity=0)

    assert after == {name for name in applied if name.startswith("0001")}
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def _hold(table: str, is_held: Event, is_done: Event) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT FROM {table}")
        is_held.set()
        is_done.wait(60)
    connection.close()


def _migrate(to: str, said: StringIO) -> None:
    call_command("migrate", "chat", to, stdout=said)
    connection.close()


@pytest.mark.django_db
def test_what_runs_outside_a_transaction_is_concurrent() -> None:
    """No bound of locks holds for it, and half of it cannot be rolled back. `lintmigrations` looks at the others."""
    migrations = [each for each in MigrationLoader(connection).disk_migrations.values() if each.app_label in APPS]

    outside = [each for each in migrations if not each.atomic]
    assert outside
    assert [each for each in outside if not _is_concurrent(each)] == []


def _is_concurrent(migration: Migration) -> bool:
    [operation] = [inner for outer in migration.operations for inner in _database_operations(outer)]
    if isinstance(operation, RunSQL):
        return " CONCURRENTLY " in str(operation.sql) and ";" not in str(operation.sql)
    return isinstance(operation, AddIndexConcurrently | RemoveIndexConcurrently)


def _database_operations(operation: Operation) -> list[Operation]:
    return list(operation.database_operations) if isinstance(operation, SeparateDatabaseAndState) else [operation]
