"""`manage.py rebuild_impact`: the sums of what was recycled, from the receipts."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from geo.impact.services import compare_impact, rebuild_impact


class Command(BaseCommand):
    """The sums are kept as receipts are issued; this is for whoever does not take our word for it."""

    help = "Sum up anew what was recycled, or with --check say whether the sums are right."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Only look."""
        parser.add_argument("--check", action="store_true", help="change nothing; fail when a sum is wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each sum that is wrong."""
        differences = compare_impact()
        for row in differences:
            self.stdout.write(f"{row.key}: the receipts make {row.counted_kg} kg, not {row.stored_kg} kg")
        if options["check"]:
            if differences:
                raise CommandError(f"{len(differences)} sums are wrong (above). Without --check they are made right.")
            self.stdout.write("All sums are right, to the gram.")
        else:
            self.stdout.write(f"{rebuild_impact()} sums, of which {len(differences)} were wrong.")
