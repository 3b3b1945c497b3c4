"""What reached the phones that were not looking.

Pushes leave through Firebase, or, where there is no Firebase project, through the worker's console: no door of
the API shows them. Where `bin/run` of this checkout serves, the tour reads what its worker printed.
"""

import asyncio
from pathlib import Path

from tools.tour.checks import Differs
from tools.tour.phone import Phone

PATIENCE_S = 10.0


class PushLog:
    """The worker's log from now on; `path` is None where the server runs elsewhere."""

    def __init__(self, path: Path | None) -> None:
        self.path = path if path and path.exists() else None
        self._start = self.path.stat().st_size if self.path else 0

    def blocks_of(self, phone: Phone) -> list[list[str]]:
        """Each push printed for this phone: title, body and where a tap leads."""
        if not self.path:
            return []
        with self.path.open(encoding="utf-8", errors="replace") as file:
            file.seek(self._start)
            boxes = file.read().split("╭─ push ")[1:]
        mark = f"{phone.push_token[:8]}…{phone.push_token[-4:]}"
        return [_inside(box) for box in boxes if mark in box.split("\n", 1)[0]]

    async def wait_for(self, phone: Phone, count: int) -> None:
        """Until that many pushes were printed for the phone. Raises Differs when they do not come."""
        if not self.path:
            return
        for _ in range(round(PATIENCE_S / 0.1)):
            if len(self.blocks_of(phone)) >= count:
                break
            await asyncio.sleep(0.1)
        pushes = self.blocks_of(phone)
        if len(pushes) < count:
            raise Differs(f"{phone.label}: pushes", f"at least {count}", pushes)


def _inside(box: str) -> list[str]:
    return [line[2:] for line in box.split("\n") if line.startswith("│ ")]
