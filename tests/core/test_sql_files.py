"""The files in `<app>/sql/` and a migrated database hold the same functions, triggers and views."""

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from geo.materials.services import load_materials

pytestmark = pytest.mark.django_db

FOLDERS = sorted(settings.BASE_DIR.glob("*/sql")) + sorted(settings.BASE_DIR.glob("backend/*/sql"))
FILES = [path for folder in FOLDERS for path in sorted(folder.glob("*.sql"))]
# Extensions and procrastinate bring functions and views of their own.
OURS = """
NOT EXISTS (SELECT FROM pg_depend WHERE objid = its.oid AND deptype = 'e') AND its.{name} NOT LIKE 'procrastinate%'
"""
FUNCTIONS = f"""
SELECT oid::regprocedure::text, pg_get_functiondef(oid) FROM pg_proc AS its
WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' AND {OURS.format(name="proname")}
"""
VIEWS = f"""
SELECT oid::regclass::text, pg_get_viewdef(oid) FROM pg_class AS its
WHERE relnamespace = 'public'::regnamespace AND relkind = 'v' AND {OURS.format(name="relname")}
"""
TRIGGERS = f"""
SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(trigger.oid)
FROM pg_trigger AS trigger JOIN pg_proc AS its ON its.oid = tgfoid
WHERE NOT tgisinternal AND {OURS.format(name="proname")}
"""


def read_definitions(cursor: CursorWrapper) -> dict[str, str]:
    cursor.execute(f"{FUNCTIONS} UNION ALL {VIEWS} UNION ALL {TRIGGERS}")
    return dict(cursor.fetchall())


def define_by_files(cursor: CursorWrapper, files: list[Path]) -> dict[str, str]:
    """The definitions in the files, installed in a transaction that is rolled back."""
    with transaction.atomic():
        cursor.execute(f"SELECT name FROM ({FUNCTIONS}) AS functions (name, definition)")
        functions = [name for (name,) in cursor.fetchall()]
        cursor.execute(f"SELECT name FROM ({VIEWS}) AS views (name, definition)")
        views = [name for (name,) in cursor.fetchall()]
        # A trigger goes with its function.
        cursor.execute(";".join(f"DROP FUNCTION {name} CASCADE" for name in functions))
        cursor.execute(";".join(f"DROP VIEW IF EXISTS {name} CASCADE" for name in views))
        # Bodies are checked when they run, so that the order of the files does not matter.
        cursor.execute("SET LOCAL check_function_bodies = off")
        for path in files:
            cursor.execute(path.read_text(), None)
        definitions = read_definitions(cursor)
        transaction.set_rollback(True)
    return definitions


def test_files_define_what_the_database_holds() -> None:
    with connection.cursor() as cursor:
        assert define_by_files(cursor, FILES) == read_definitions(cursor)


def test_a_function_without_a_file_is_seen() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE FUNCTION stray() RETURNS integer LANGUAGE sql AS 'SELECT 1'")

        assert read_definitions(cursor).keys() - define_by_files(cursor, FILES).keys() == {"stray()"}


def test_a_file_that_differs_is_seen(tmp_path: Path) -> None:
    [path] = [path for path in FILES if path.name == "note_sign_in.sql"]
    changed = tmp_path / path.name
    changed.write_text(
        path.read_text().replace("AFTER INSERT", "AFTER INSERT OR UPDATE").replace("enable_seqscan", "jit")
    )

    with connection.cursor() as cursor:
        held = read_definitions(cursor)
        defined = define_by_files(cursor, [changed if one == path else one for one in FILES])

    assert {name for name in held if held[name] != defined[name]} == {
        "note_sign_in()",
        "accounts_session.sign_in_noted",
    }


def test_every_file_defines_the_function_it_is_named_after() -> None:
    for path in FILES:
        assert f"CREATE OR REPLACE FUNCTION {path.stem}(" in path.read_text()


def test_no_trigger_compares_geometries_in_its_condition() -> None:
    """The operators of PostGIS are not found while a dump is restored."""
    with connection.cursor() as cursor:
        definitions = read_definitions(cursor).values()

    assert not [text for text in definitions if " WHEN " in text and ("cell" in text or "location" in text)]


def test_every_table_and_column_belongs_to_a_model() -> None:
    models = [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]
    known = {(model._meta.db_table, field.column) for model in models for field in model._meta.local_concrete_fields}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped"
            " AND relname NOT LIKE 'procrastinate%'"
            " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')"
        )
        columns = set(cursor.fetchall())

    assert columns - known == {(table, column) for table, column in columns if table == "django_migrations"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("app", ["geo", "notifications"])
def test_installing_is_reversible(app: str) -> None:
    with connection.cursor() as cursor:
        before = read_definitions(cursor)
        call_command("migrate", app, "0001", verbosity=0)
        try:
            assert len(read_definitions(cursor)) < len(before)
        finally:
            call_command("migrate", app, verbosity=0)
            load_materials()  # the catalogue stays for other tests

        assert read_definitions(cursor) == before
