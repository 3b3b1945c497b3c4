"""`manage.py live_city`: bots keep the demo city alive, so that a visitor alone has a counterpart."""

import asyncio
import fcntl
import logging
import uuid
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management import BaseCommand, CommandError

from tools.demo_city.live.roster import assemble_city

RETRY_S = 2
TIMEOUT_S = 20
PACE_S = 1.5


class Command(BaseCommand):
    """`manage.py live_city`."""

    help = "Play residents and collectors of the demo city through the public API, until stopped. Never in production."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where, how many, and how fast."""
        parser.add_argument("--url", default=settings.PUBLIC_URL, help="The service (PUBLIC_URL).")
        parser.add_argument("--residents", type=int, default=200, help="Of the city; two are accounts for visitors.")
        parser.add_argument("--pace", type=float, default=PACE_S, help="Seconds that a bot thinks before each step.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Play. Raises CommandError in production, and where nobody can sign in by a number alone."""
        if settings.IS_PRODUCTION:
            raise CommandError("Bots play invented people and never run in production.")
        if settings.FIREBASE_PROJECT_ID:
            raise CommandError("Bots sign in with a number alone, which a Firebase project rules out.")
        logging.getLogger("httpx").setLevel(logging.WARNING)
        with _alone(options["url"]):
            asyncio.run(_live(options["url"], options["residents"], options["pace"]))


@contextmanager
def _alone(url: str) -> Iterator[None]:
    """Hold a lock for the service: two runs would end each other's sessions. Raises CommandError."""
    path = Path(settings.LOCAL_DIR) / "live-city" / f"{uuid.uuid5(uuid.NAMESPACE_URL, url)}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(f"The bots of {url} are running already.") from None
        yield


async def _live(url: str, residents: int, pace_s: float) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S, trust_env=False) as http:
        while True:
            try:
                city = await assemble_city(http, residents=residents, pace_s=pace_s)
                break
            except httpx.HTTPError:
                await asyncio.sleep(RETRY_S)
        await city.live()
