"""`bin/drill sentinel`: the Redis master is killed while people chat, and the Sentinels make its replica the master.

Nothing may be lost, doubled, reordered or left unpushed. Prints how long nudges took meanwhile, and when rate limits
and tickets were back.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

import django
import httpx
from django.core.management import call_command

from tests.waits import wait_until
from tools.chaos.servers import Postgres, Redis, run_service
from tools.redis_servers import Servers, sentinels

PATIENCE_S = 30


def main(folder: Path) -> int:
    del os.environ["POSTGRES_POOL"]
    django.setup()
    call_command("migrate", verbosity=0)
    with sentinels(folder) as redis_servers:
        return asyncio.run(_play(folder, redis_servers))


async def _play(folder: Path, redis_servers: Servers) -> int:
    from tools.chaos.clients import make_service_clients
    from tools.chaos.harness import Runs, running
    from tools.chaos.ledger import Ledger

    ledger, seconds = Ledger(), list[float]()

    async def fail_over(_: object) -> None:
        await asyncio.to_thread(redis_servers.kill_first)
        seconds.append(await asyncio.to_thread(_seconds_until_ready, servers.addresses.web))

    service = run_service(folder, Postgres(folder), Redis(folder), REDIS_URL=redis_servers.url)
    async with service as servers, httpx.AsyncClient() as client:
        clients = await asyncio.to_thread(make_service_clients, ledger, client, servers.addresses)
        async with running(*clients.phones, *clients.writers):
            await Runs(servers, clients, ledger, waits_for_all=True).run(fail_over)
        async with running(*clients.closed):  # those who were away open the app
            await asyncio.to_thread(wait_until, ledger.is_complete)
        stored = await asyncio.to_thread(_stored_ids)
    counts = ledger.count(ledger.run, stored, stored)
    print(
        f"{counts.acknowledged} acknowledged, {counts.lost} lost, {counts.shown_twice} doubled, "
        f"{counts.out_of_order} out of order; longest wait for an answer {counts.longest_wait_s:.1f} s"
    )
    print(f"/readyz called Redis ok again after {seconds[0]:.1f} s")
    return 0 if counts.acknowledged and counts.is_clean else 1


def _seconds_until_ready(web: str) -> float:
    """The web process is degraded meanwhile; a busy one refuses the question (503 `overloaded`), never `not_ready`."""
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE_S:
        answer = httpx.get(f"{web}/readyz", timeout=PATIENCE_S).json()
        if answer.get("code") == "not_ready":
            raise RuntimeError(answer)
        if answer.get("checks", {}).get("redis") == "ok":
            return time.monotonic() - started
        time.sleep(0.05)
    raise TimeoutError


def _stored_ids() -> list[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT client_id::text FROM chat_message")
        return [client_id for (client_id,) in cursor.fetchall()]


if __name__ == "__main__":
    sys.exit(main(Path(os.environ["MEDIA_ROOT"]).parent))
