"""`manage.py generate_city`: a city of any size for measurements. Its texts are not made for readers."""

from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from geo.models import Material, Pickup
from tools.demo_city.generated_city import STEPS, TABLES, Crowd, draw_crowd


class Command(BaseCommand):
    """Fills an empty database with pickups, people and swipes, clustered like people live in Thailand."""

    help = "Fill an empty database with a generated city, the same for the same seed, to measure on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many of each."""
        parser.add_argument("--pickups", type=int, default=200_000, help="in all (200000)")
        parser.add_argument("--open", type=int, help="of these, how many are open (all)")
        parser.add_argument("--collectors", type=int, default=2_000)
        parser.add_argument("--swipes", type=int, default=500_000, help="about as many (500000)")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        """Draw the crowd in one transaction, then let the planner know it."""
        self._refuse_what_is_in_use()
        crowd = _crowd_of(options)
        started = monotonic()
        with transaction.atomic():
            for step in draw_crowd(crowd):
                self.stdout.write(f"{monotonic() - started:7.1f} s  {step}")
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM (ANALYZE) {', '.join(TABLES)}")  # names of our own
        self.stdout.write(f"{monotonic() - started:7.1f} s  ready after {len(STEPS)} steps")

    def _refuse_what_is_in_use(self) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("A generated city has no place in production.")
        if Pickup.objects.exists():
            raise CommandError("This database has pickups already; give the generated city an empty one.")
        if not Material.objects.exists():
            raise CommandError("Load the catalogue first: manage.py load_materials")


def _crowd_of(options: dict[str, Any]) -> Crowd:
    pickups = options["pickups"]
    wanted_open = pickups if options["open"] is None else options["open"]
    crowd = Crowd(pickups, wanted_open, options["collectors"], options["swipes"], options["seed"])
    if min(crowd.pickups, crowd.collectors) < 1 or not 0 <= crowd.open <= crowd.pickups or crowd.swipes < 0:
        raise CommandError("Counts must be positive, and no more pickups open than there are.")
    return crowd
