"""`bin/drill restore`: the primary is killed while people chat, and restored elsewhere to a time and to the end.

There is no standby, so what was not yet in the archive is lost: at most what a minute brings (`archive_timeout`).
`bin/drill promotion` shows that nothing is lost with a synchronous one.
"""

import argparse
import asyncio
import os
import sys
import time
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import django
import httpx
import psycopg
from django.core.management import call_command

from tools.backups.recovery import Recovery
from tools.chaos.servers import Redis, run_service
from tools.drills.primary import Primary, archiving_primary

if TYPE_CHECKING:
    from tools.chaos.ledger import Ledger

# With a photo each.
PICKUPS = 50
# How old the newest archived segment may be when the machine is lost, with time for its transfer.
LOST_S_MAX = 65


def main(arguments: list[str], folder: Path) -> int:
    parser = argparse.ArgumentParser(prog="bin/drill restore")
    parser.add_argument("--seconds", type=int, default=90, help="of load before the kill (90)")
    seconds = parser.parse_args(arguments).seconds
    with archiving_primary("/var/tmp") as primary:
        os.environ.update(primary.environment)
        del os.environ["POSTGRES_POOL"]
        django.setup()
        call_command("migrate", verbosity=0)
        call_command("load_materials", verbosity=0)
        _make_photos()
        return asyncio.run(_play(folder, primary, seconds))


def _make_photos() -> None:
    from geo.pickups.services.photos import add_photo
    from tests.factories.geo import make_pickup
    from tests.pictures import from_a_phone

    content = from_a_phone()
    for _ in range(PICKUPS):
        pickup = make_pickup()
        add_photo(
            resident_id=pickup.resident_id, pickup_id=pickup.pk,
            file=BytesIO(content), size=len(content), now=datetime.now(UTC),
        )  # fmt: skip


async def _play(folder: Path, primary: Primary, seconds: int) -> int:
    from tools.chaos.clients import make_service_clients
    from tools.chaos.harness import running
    from tools.chaos.ledger import Ledger

    ledger = Ledger()
    async with run_service(folder, primary.postgres, Redis(folder)) as servers, httpx.AsyncClient() as client:
        clients = await asyncio.to_thread(make_service_clients, ledger, client, servers.addresses)
        async with running(*clients.phones, *clients.writers):
            for writer in clients.writers:
                writer.may_write.set()
            await _back_up(primary, "full")
            await asyncio.sleep(seconds / 2)
            middle = time.monotonic(), datetime.now(UTC)
            await asyncio.sleep(seconds / 2)
            await asyncio.to_thread(primary.postgres.kill_with_sessions)
            killed_at = time.monotonic()
    missing = await _restore(primary, ledger, middle[1].isoformat(), middle[0])
    lost = await _restore(primary, ledger, "end", killed_at)
    lost_s = max((killed_at - at for at in lost), default=0.0)
    print(f"without a standby the last {lost_s:.0f} s were lost")
    return 0 if not missing and lost_s <= LOST_S_MAX else 1


async def _back_up(primary: Primary, kind: str) -> None:
    ran = await asyncio.to_thread(primary.run, "backup", kind)
    print(ran.stdout, ran.stderr, sep="", end="")
    ran.check_returncode()


async def _restore(primary: Primary, ledger: "Ledger", to: str, until: float) -> list[float]:
    """Restore, and return when each message was acknowledged before `until` that is not there."""
    started, place = time.monotonic(), primary.folder / f"restored-{to}"
    ran = await asyncio.to_thread(primary.run, "restore", "--to", to, "--into", str(place))
    print(ran.stdout, ran.stderr, sep="", end="")
    ran.check_returncode()
    seconds = time.monotonic() - started
    stored = await asyncio.to_thread(_stored_in, place)
    answered = [message for message in ledger.messages(ledger.run) if (message.acknowledged_at or until) < until]
    lost = [message.acknowledged_at or 0 for message in answered if message.client_id not in stored]
    print(f"to {to}: {len(lost)} of {len(answered)} acknowledged messages lost; {seconds:.0f} s")
    return lost


def _stored_in(place: Path) -> set[str]:
    with Recovery(place) as recovery:
        recovery.wait(None)
        with psycopg.connect(host=str(recovery.socket), user="tft", dbname="tft") as session:
            return {str(client_id) for (client_id,) in session.execute("SELECT client_id FROM chat_message")}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(os.environ["MEDIA_ROOT"]).parent))
