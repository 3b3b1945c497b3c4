"""`manage.py check_database`: whether the database is complete, as after a restore."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.core.db.definitions import wrong_definitions
from backend.core.db.pooler import require_separate_statements
from backend.core.http.health import migrations_state


class Command(BaseCommand):
    """Compares the database with the migrations, with the files in `<app>/sql/` and with the models."""

    help = "Check that the database is complete; fail and name what is missing or differs."

    def handle(self, *args: Any, **options: Any) -> None:
        require_separate_statements()
        missing = wrong_definitions()
        if (migrations := migrations_state()) != "ok":
            missing.insert(0, f"migrations: {migrations}")
        for name in missing:
            self.stdout.write(name)
        if missing:
            raise CommandError(f"{len(missing)} missing or different (above). Restore again, or run migrate.")
        self.stdout.write("The database is complete.")
