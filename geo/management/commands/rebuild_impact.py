"""`manage.py rebuild_impact`: the sums of what was recycled, from the receipts."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from geo.impact.services import compare_impact, rebuild_impact


class Command(BaseCommand):
    """Checks or rebuilds the impact sums, which a trigger updates with every receipt."""

    help = "Rebuild the impact sums from the receipts, or with --check compare them only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail when a sum is wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        differences = compare_impact()
        for row in differences:
            self.stdout.write(f"{row.key}: the receipts make {row.counted_kg} kg, not {row.stored_kg} kg")
        if options["check"]:
            if differences:
                raise CommandError(f"{len(differences)} sums are wrong (above). Without --check they are made right.")
            self.stdout.write("All sums are right, to the gram.")
        else:
            self.stdout.write(f"{rebuild_impact()} sums, of which {len(differences)} were wrong.")
