"""`manage.py load_drop_off_points FILE`: places that take material, from OpenStreetMap or from a table."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.core.clock import city_zone, read_clock
from backend.core.text.csv_files import FileRefused
from geo.drop_off.files import COLUMNS
from geo.drop_off.services import load_drop_off_points


class Command(BaseCommand):
    """Replaces the points of one source by those of the file; other sources stay."""

    help = (
        "Load drop-off points from GeoJSON (amenity=recycling of OpenStreetMap) or from a CSV file with the columns "
        f"{','.join(COLUMNS)}."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a name that ends in .geojson, .json or .csv")
        parser.add_argument("--source", required=True, help="who says so, such as 'OpenStreetMap contributors'")
        parser.add_argument("--checked", type=date.fromisoformat, help="when the source was looked at; today")

    def handle(self, *args: Any, **options: Any) -> None:
        today = read_clock().astimezone(city_zone()).date()
        try:
            loaded = load_drop_off_points(
                file=options["file"], source=options["source"], checked_on=options["checked"] or today
            )
        except (OSError, UnicodeDecodeError, FileRefused) as error:
            raise CommandError(f"Nothing was loaded.\n{error}") from error
        self.stdout.write(f"{loaded.active} points; {loaded.removed} are not in the file any more.")
