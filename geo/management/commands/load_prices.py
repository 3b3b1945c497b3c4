"""`manage.py load_prices FILE`: a list of prices that a shop or an association publishes."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.core.clock import read_clock
from backend.core.text.csv_files import FileRefused
from geo.prices.services import COLUMNS, load_board_prices


class Command(BaseCommand):
    """The newest price of each material and grade is shown, beside what was really paid."""

    help = f"Add board prices from a CSV file: {','.join(COLUMNS)}."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV; grade may be empty, listed_on is such as 2026-11-30")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = load_board_prices(file=options["file"], now=read_clock())
        except (OSError, UnicodeDecodeError, FileRefused) as error:
            raise CommandError(f"Nothing was loaded.\n{error}") from error
        self.stdout.write(f"{count} new prices.")
