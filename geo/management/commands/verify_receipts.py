"""`manage.py verify_receipts`: check that no receipt was changed after it was issued."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from geo.handover.selectors import Audit


class Command(BaseCommand):
    """Reads all receipts, changes nothing, and may run while new ones are issued."""

    help = "Look for receipts or lines that were changed, taken out or put in. Fails when it finds one."

    def handle(self, *args: Any, **options: Any) -> None:
        audit, found = Audit(), 0
        for flaw in audit.flaws():
            found += 1
            self.stdout.write(f"{flaw.code}: {flaw.text}")
        self.stdout.write(f"{audit.receipts} receipts of {audit.collectors} collectors; newest: {audit.newest_hash}")
        if found:
            raise CommandError(f"{found} things do not fit (above).")
        self.stdout.write("All of it is as it was issued.")
