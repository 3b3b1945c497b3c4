"""`manage.py rebuild_tiles`: the lists with which a deck steps over what was swiped, from pickups and swipes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from geo.services.tiles import Hidden, compare_tiles, rebuild_tiles


class Command(BaseCommand):
    """The lists are kept by triggers; this is for whoever does not take our word for it."""

    help = "List anew what is open and what was swiped, or with --check say whether the lists hide a pickup."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Only look."""
        parser.add_argument("--check", action="store_true", help="change nothing; fail when a pickup would be hidden")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each pickup that would be hidden."""
        hidden = compare_tiles()
        for one in hidden:
            self.stdout.write(_line_of(one))
        if not options["check"]:
            rebuild_tiles()
            self.stdout.write(f"All lists are made anew; {len(hidden)} pickups were hidden.")
        elif hidden:
            raise CommandError(f"{len(hidden)} pickups are hidden (above). Without --check the lists are made right.")
        else:
            self.stdout.write("The lists hide no pickup.")


def _line_of(hidden: Hidden) -> str:
    whom = f"collector {hidden.collector_id}" if hidden.collector_id else "everybody who has swiped much"
    return f"pickup {hidden.pickup_id} is {hidden.why}: hidden from {whom}"
