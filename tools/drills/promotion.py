"""`bin/drill promotion`: the primary is killed while people chat, and a standby is promoted; three times.

First with synchronous replication, then without, then with a standby that is two seconds behind. The last is the
control: acknowledged messages are lost there, and have to be counted. What is stored must be shown, and nothing twice.
"""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import django
import httpx
from django.core.management import call_command

from tests.waits import wait_until
from tools.chaos.servers import ROOT, Postgres, Redis, Servers, run_quietly, run_service
from tools.drills.standbys import Server, Standbys

if TYPE_CHECKING:
    from tools.chaos.ledger import Ledger

LAG_S = 2
CASES = ("synchronous", "asynchronous", f"{LAG_S} s behind")


@dataclass
class Seen:
    """What people saw of one promotion. `outage_s` is the time until all of them could write again."""

    acknowledged: int
    lost: int
    doubled: int
    not_shown: int
    resets: int
    outage_s: float
    outage_median_s: float

    def is_good(self, case: str) -> bool:
        """Whether only the control has lost something, and nothing was doubled or hidden."""
        return not (self.doubled or self.not_shown) and (self.lost > 0) == (case == CASES[-1])


def main(folder: Path) -> int:
    postgres = Postgres(folder / "primary")
    (folder / "primary").mkdir()
    postgres.start()
    standbys = Standbys(postgres, len(CASES))
    try:
        os.environ.update(postgres.variables | {"POSTGRES_HOST": standbys.hosts})
        del os.environ["POSTGRES_POOL"]
        django.setup()
        call_command("migrate", verbosity=0)
        return asyncio.run(_play(folder, postgres, standbys))
    finally:
        standbys.remove()
        run_quietly(str(ROOT / "bin/postgres"), "remove", str(folder / "primary"))


async def _play(folder: Path, postgres: Postgres, standbys: Standbys) -> int:
    from tools.chaos.clients import make_service_clients
    from tools.chaos.harness import Runs, running
    from tools.chaos.ledger import Ledger

    ledger, primary, is_good = Ledger(), standbys.first, True
    async with run_service(folder, postgres, Redis(folder)) as servers, httpx.AsyncClient() as client:
        clients = await asyncio.to_thread(make_service_clients, ledger, client, servers.addresses)
        async with running(*clients.phones, *clients.writers):
            runs = Runs(servers, clients, ledger, waits_for_all=True)
            for case in CASES:
                standby = await asyncio.to_thread(standbys.start, primary)
                resets, killed_at = sum(screen.resets for screen in clients.screens), list[float]()
                await runs.run(_promote(case, primary, standby, killed_at))
                seen = await asyncio.to_thread(_count, ledger, standby, killed_at[0])
                seen.resets = sum(screen.resets for screen in clients.screens) - resets
                print(
                    f"{case}: {seen.acknowledged} acknowledged, {seen.lost} lost, {seen.doubled} doubled, "
                    f"{seen.not_shown} not shown; writers wait {seen.outage_median_s:.1f} s in the middle, "
                    f"{seen.outage_s:.1f} s at most; {seen.resets} resets"
                )
                is_good, primary = is_good and seen.is_good(case), standby
    return 0 if is_good else 1


def _promote(
    case: str, primary: Server, standby: Server, killed_at: list[float]
) -> Callable[[Servers], Awaitable[None]]:
    def play() -> None:
        if case == "synchronous":
            primary.configure(synchronous_standby_names="*")
            wait_until(lambda: primary.ask("SELECT sync_state FROM pg_stat_replication") == "sync")
            time.sleep(LAG_S)
        if case == CASES[-1]:
            standby.configure(primary_conninfo="")
            time.sleep(LAG_S)
        primary.kill()
        killed_at.append(time.monotonic())
        standby.ask("SELECT pg_promote()")

    return lambda servers: asyncio.to_thread(play)


def _count(ledger: "Ledger", standby: Server, killed_at: float) -> Seen:
    messages = ledger.messages(ledger.run)
    stored = {str(client_id): int(count) for client_id, count in standby.rows(
        "SELECT client_id, count(*) FROM chat_message GROUP BY client_id"
    )}  # fmt: skip
    answered = [message for message in messages if message.acknowledged_at]
    kept = [message for message in answered if message.client_id in stored]
    reached = [message for message in kept if message.reader not in ledger.away]
    first = dict[str, float]()
    for message in answered:
        if (at := message.acknowledged_at or 0) > killed_at:
            first[message.writer] = min(at - killed_at, first.get(message.writer, at))
    return Seen(
        acknowledged=len(answered),
        lost=len(answered) - len(kept),
        doubled=sum(count > 1 for count in stored.values()) + ledger.count(ledger.run, stored, stored).shown_twice,
        not_shown=sum(not ledger.is_shown(message.reader, message.client_id) for message in reached),
        resets=0,
        outage_s=max(first.values()),
        outage_median_s=statistics.median(first.values()),
    )


if __name__ == "__main__":
    sys.exit(main(Path(os.environ["MEDIA_ROOT"]).parent))
