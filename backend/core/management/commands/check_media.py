"""`manage.py check_media`: whether every file is there that a row names, as after a restore."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.core.media.missing import missing_files


class Command(BaseCommand):
    """Compares the rows with the folders; it opens no file."""

    help = "Check that every file is there that a row names; fail and name what is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for name in missing_files():
            found += 1
            self.stdout.write(name)
        if found:
            raise CommandError(f"{found} files are missing (above).")
        self.stdout.write("All files are there.")
