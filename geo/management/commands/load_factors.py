"""`manage.py load_factors FILE`: an operator's own emission factors."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.core.text.csv_files import FileRefused
from geo.materials.factors import load_factors


class Command(BaseCommand):
    """Receipts from now on take the newest version of the set in force; old ones keep theirs."""

    help = "Add emission factors from a CSV file: material,factor_set,version,kg_co2e_per_kg,source."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV like geo/data/factors.csv")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = load_factors(file=options["file"])
        except (OSError, UnicodeDecodeError, FileRefused) as error:
            raise CommandError(f"Nothing was loaded.\n{error}") from error
        self.stdout.write(f"{count} new factors. In force is the set {settings.CO2E_FACTOR_SET} (CO2E_FACTOR_SET).")
