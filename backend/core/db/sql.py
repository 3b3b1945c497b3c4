"""Migration operations: SQL from a file, and new names for constraints."""

import re
from pathlib import Path

from django.apps import apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunSQL
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

_CREATED = re.compile(r"^CREATE OR REPLACE (FUNCTION|VIEW) (\w+)", re.MULTILINE)


class RunSQLFile(Operation):
    """Run a file of `<app>/migrations/sql/`, a numbered copy of one in `<app>/sql/` that never changes afterwards.

    The reverse runs the file `replaces`, the version before; without one it drops what the file
    creates, triggers included.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, name: str, *, replaces: str = "") -> None:
        self.name = name
        self.replaces = replaces

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Models do not change."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        schema_editor.execute(_read(app_label, self.name), params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if self.replaces:
            schema_editor.execute(_read(app_label, self.replaces), params=None)
            return
        for kind, name in reversed(_CREATED.findall(_read(app_label, self.name))):
            schema_editor.execute(f"DROP {kind} IF EXISTS {name} CASCADE", params=None)

    def describe(self) -> str:
        return f"Run the SQL file {self.name}"


def _read(app_label: str, name: str) -> str:
    return (Path(apps.get_app_config(app_label).path) / "migrations" / "sql" / name).read_text()


def rename_constraint(table: str, before: str, after: str) -> RunSQL:
    """Rename a constraint, and back. It locks the table for an instant and reads no row."""
    return RunSQL(
        f"ALTER TABLE {table} RENAME CONSTRAINT {before} TO {after}",
        f"ALTER TABLE {table} RENAME CONSTRAINT {after} TO {before}",
    )
