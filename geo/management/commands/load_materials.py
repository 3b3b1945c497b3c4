"""`manage.py load_materials`: the catalogue, from the files in geo/data or from an operator's own."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.core.text.csv_files import FileRefused
from geo.materials.services import FACTORS_FILE, MATERIALS_FILE, load_materials


class Command(BaseCommand):
    """Safe to run at every start: what staff changed stays. A factor, once loaded, stays as it is."""

    help = "Load or refresh the catalogue of materials and their CO2e factors."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--materials", type=Path, default=MATERIALS_FILE, help="CSV like geo/data/materials.csv")
        parser.add_argument("--factors", type=Path, default=FACTORS_FILE, help="CSV like geo/data/factors.csv")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load_materials(materials_file=options["materials"], factors_file=options["factors"])
        except (OSError, UnicodeDecodeError, KeyError, FileRefused) as error:
            raise CommandError(f"The catalogue was not loaded: {error}") from error
        self.stdout.write(f"{loaded.materials} materials, {loaded.factors} new factors.")
        for code, fields in loaded.kept.items():
            self.stdout.write(f"Kept as staff changed it, unlike the file: {code} ({', '.join(fields)}).")
