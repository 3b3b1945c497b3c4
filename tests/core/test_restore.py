"""A dump, restored by the commands of docs/operations.md as a role without any privilege, is complete."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from geo.models import Pickup
from tests.factories.geo import make_pickup

pytestmark = pytest.mark.django_db(transaction=True)
DOCUMENT = (settings.BASE_DIR / "docs" / "operations.md").read_text(encoding="utf-8")
[BLOCK] = re.findall(r"```sh\n(pg_dump .*?)```", DOCUMENT, re.DOTALL)
DUMP, RESTORE, CHECK = BLOCK.splitlines()
EXTENSIONS = re.findall(r"CREATE\s+EXTENSION \w+;", DOCUMENT)


def connect(database: str, **options: str) -> "psycopg.Connection[tuple[object, ...]]":
    ours = connection.settings_dict
    who = {"host": ours["HOST"], "port": ours["PORT"], "user": ours["USER"], "password": ours["PASSWORD"]}
    return psycopg.connect(dbname=database, autocommit=True, **who | options)


def run(command: str, folder: Path, database: str, user: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the document with the programs of this machine."""
    ours = connection.settings_dict
    names = {"PGHOST": ours["HOST"], "PGPORT": ours["PORT"], "PGUSER": user}
    names |= {"POSTGRES_DB": database, "POSTGRES_USER": user, "PATH": f"{Path(sys.executable).parent}:{_programs()}"}
    command = command.replace("manage.py", str(settings.BASE_DIR / "manage.py"))
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=os.environ | names, capture_output=True, text=True, check=False
    )


def _programs() -> str:
    find = f". {settings.BASE_DIR}/bin/lib/find-postgres.sh; find_postgres"
    found = subprocess.run(["bash", "-c", find], capture_output=True, text=True, check=True).stdout
    return f"{found}:{os.environ['PATH']}"


@pytest.fixture
def empty_database() -> Iterator[tuple[str, str]]:
    """A database and the role that owns it, set up as the document says."""
    name = f"restored_{uuid4().hex[:8]}"
    with connect("postgres") as server:
        server.execute(f"CREATE ROLE {name} LOGIN NOSUPERUSER")
        server.execute(f"CREATE DATABASE {name} OWNER {name}")
        try:
            with connect(name) as database:
                for statement in EXTENSIONS:
                    database.execute(statement)
            yield name, name
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
            server.execute(f"DROP ROLE {name}")


def test_a_restored_database_is_complete(empty_database: tuple[str, str], tmp_path: Path) -> None:
    pickup = make_pickup()
    run(DUMP, tmp_path, connection.settings_dict["NAME"], connection.settings_dict["USER"]).check_returncode()

    restored = run(RESTORE, tmp_path, *empty_database)
    checked = run(CHECK, tmp_path, *empty_database)

    assert (restored.returncode, restored.stderr) == (0, "")
    assert (checked.returncode, checked.stdout) == (0, "The database is complete.\n"), checked
    with connect(empty_database[0], user=empty_database[1]) as database:
        [(card,)] = database.execute("UPDATE geo_pickup SET title = 'Cans' RETURNING card").fetchall()
    assert str(card) == Pickup.objects.get(pk=pickup.pk).card.replace(pickup.title, "Cans")


def test_what_a_restore_has_lost_is_named(empty_database: tuple[str, str], tmp_path: Path) -> None:
    run(DUMP, tmp_path, connection.settings_dict["NAME"], connection.settings_dict["USER"]).check_returncode()
    run(RESTORE, tmp_path, *empty_database).check_returncode()
    with connect(empty_database[0]) as database:
        database.execute("DROP TRIGGER card_of_changed ON geo_pickup")
        database.execute("ALTER TABLE geo_receipt DISABLE TRIGGER receipt_is_immutable")
        database.execute("DROP VIEW geo_impact_of_lines")
        database.execute("CREATE OR REPLACE FUNCTION note_sign_in() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'")
        database.execute("DROP INDEX event_unread")

    checked = run(CHECK, tmp_path, *empty_database)

    assert checked.stdout.splitlines() == [
        "function note_sign_in",
        "index or constraint event_unread",
        "trigger card_of_changed on geo_pickup",
        "trigger receipt_is_immutable on geo_receipt",
        "view geo_impact_of_lines",
    ]
    assert checked.returncode == 1
