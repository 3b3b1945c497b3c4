"""The harness: servers, clients, runs with one kill each, and the sums by the part that was killed."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import httpx

from tools.chaos.clients import Clients, Phone, Writer, make_pair, make_service_clients, make_stock_clients
from tools.chaos.ledger import Counts, Ledger
from tools.chaos.outages import Outage, OutageClients, without_postgres, without_redis
from tools.chaos.pushes import pushed_in, wait_for_pushes
from tools.chaos.servers import Postgres, Redis, Servers, run_service, run_stock

STALL_S = 1.5
DELAY_S = 0.4
# A run: so long before the kill and after the recovery, and how long everything may take.
BEFORE_S = (0.6, 1.4)
AFTER_S = 0.5
RECOVERY_S = 45
REST_S = 1.5
DELIVERY_S = 20
Kill = Callable[[Servers], Awaitable[None]]
Report = Callable[[str], None]
HEADS = (
    "killed", "runs", "acknowledged", "stored", "delivered", "shown", "pushed",
    "lost", "shown twice", "out of order", "pushes lost", "longest wait",
)  # fmt: skip


async def kill_postgres(servers: Servers) -> None:
    """Send SIGKILL to PostgreSQL, which replays its log when it starts again."""
    await servers.postgres.kill_and_start()


async def kill_redis(servers: Servers) -> None:
    """Send SIGKILL to Redis, which loses everything."""
    await servers.redis.kill_and_start()


async def kill_realtime(servers: Servers) -> None:
    """Send SIGKILL to the process that holds all sockets."""
    servers.realtime.kill()


async def kill_web_worker(servers: Servers) -> None:
    """Send SIGKILL to one worker process of the web server."""
    assert servers.web
    servers.web.kill_worker()


async def kill_worker(servers: Servers) -> None:
    """Send SIGKILL to the job worker."""
    assert servers.worker
    servers.worker.kill()


async def drop_redis(servers: Servers) -> None:
    """Drop all traffic of Redis for a while, and then abort the connections."""
    servers.proxy.drops = True
    await asyncio.sleep(STALL_S)
    servers.proxy.drops = False
    servers.proxy.cut()


async def delay_redis(servers: Servers) -> None:
    """Delay all traffic of Redis for a while."""
    servers.proxy.delay_s = DELAY_S
    await asyncio.sleep(2 * STALL_S)
    servers.proxy.delay_s = 0


KILLS: Mapping[str, Kill] = {
    "PostgreSQL": kill_postgres,
    "Redis": kill_redis,
    "ASGI process": kill_realtime,
    "web worker": kill_web_worker,
    "job worker": kill_worker,
    "Redis traffic dropped": drop_redis,
    "Redis traffic delayed": delay_redis,
}
STOCK_KILLS = {name: kill for name, kill in KILLS.items() if name not in ("web worker", "job worker")}


@dataclass
class Outcome:
    """Runs and sums by the part that was killed. `control` has planted faults; `resets` counts reloads of clients."""

    runs: dict[str, int] = field(default_factory=dict)
    counts: dict[str, Counts] = field(default_factory=dict)
    control: Counts = field(default_factory=Counts)
    outages: dict[str, Outage] = field(default_factory=dict)
    resets: int = 0
    seconds: float = 0.0

    @property
    def total(self) -> Counts:
        """The sums of all runs."""
        return sum(self.counts.values(), Counts())

    @property
    def is_good(self) -> bool:
        """Whether there are no faults but the planted ones, and the outages were as documented."""
        return (
            self.total.is_clean and self.counts_faults and all(seen.is_as_documented for seen in self.outages.values())
        )

    @property
    def counts_faults(self) -> bool:
        """Whether every planted fault was counted. Otherwise the zeros would prove nothing."""
        control = self.control
        return control.lost == 2 and control.shown_twice == 1 and control.out_of_order == 1 and control.pushes_lost > 0


class NoRecovery(RuntimeError):
    """A writer got no answer long after the killed part was started again."""


class Runs:
    """Runs on the same servers and clients. `waits_for_all` tells whether to wait until every message is delivered."""

    def __init__(self, servers: Servers, clients: Clients, ledger: Ledger, *, waits_for_all: bool) -> None:
        self._servers, self._clients, self._ledger, self._waits_for_all = servers, clients, ledger, waits_for_all

    async def run(self, kill: Kill | None) -> None:
        """Chat, kill one part, recover, and wait for the last message. Without a kill it is the control."""
        self._ledger.run += 1
        self._set_writing(True)
        await asyncio.sleep(random.uniform(*BEFORE_S))
        if kill is not None:
            killed_at = time.monotonic()
            await kill(self._servers)
            await self._until(lambda: self._all_answered_since(killed_at))
        await asyncio.sleep(AFTER_S if kill else 3 * AFTER_S)
        self._set_writing(False)
        await self._until(lambda: all(writer.is_idle.is_set() for writer in self._clients.writers))
        await self._wait_for_deliveries()

    def _set_writing(self, may: bool) -> None:
        for writer in self._clients.writers:
            (writer.may_write.set if may else writer.may_write.clear)()

    def _all_answered_since(self, moment: float) -> bool:
        messages = self._ledger.messages(self._ledger.run)
        answered = {message.writer for message in messages if (message.acknowledged_at or 0) > moment}
        return len(answered) == len(self._clients.writers)

    async def _until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + RECOVERY_S
        while not holds():
            if time.monotonic() > deadline:
                raise NoRecovery
            await asyncio.sleep(0.05)

    async def _wait_for_deliveries(self) -> None:
        """Wait until everything is delivered, or until nothing arrived for a while; the rest counts as lost."""
        timeout_s = RECOVERY_S if self._waits_for_all else REST_S
        run, arrivals, since = self._ledger.run, -1, time.monotonic()
        while not self._ledger.is_settled(run) and time.monotonic() - since < timeout_s:
            now = sum(message.arrivals for message in self._ledger.messages(run))
            if now != arrivals:
                arrivals, since = now, time.monotonic()
            await asyncio.sleep(0.05)
        # A duplicate in transit belongs to this run.
        await asyncio.sleep(0.2)


async def measure_service(
    folder: Path, postgres: Postgres, redis: Redis, runs: int, report: Report, *, hurry: bool
) -> Outcome:
    """Measure the service. Its last run is the control."""
    ledger, started = Ledger(), time.monotonic()
    async with run_service(folder, postgres, redis) as servers, httpx.AsyncClient() as client:
        clients = await asyncio.to_thread(make_service_clients, ledger, client, servers.addresses)
        outages = await _measure_outages(servers, client)
        async with running(*clients.phones, *clients.writers):
            series = Runs(servers, clients, ledger, waits_for_all=True)
            kinds = await _run_all(series, KILLS, runs, report)
            report("   waiting for the last pushes")
            await wait_for_pushes(postgres, ledger.away, hurry=hurry)
            await _run_control(series, servers, clients, ledger)
            await wait_for_pushes(postgres, ledger.away, hurry=hurry)
        assert servers.fcm
        pushed = await asyncio.to_thread(pushed_in, postgres, ledger.away, servers.fcm.ids)
        async with running(*clients.closed):
            await _wait_until(ledger.is_complete)
        stored = await asyncio.to_thread(_stored_in, postgres, "SELECT client_id::text FROM chat_message")
    outcome = _evaluate(ledger, kinds, stored, pushed)
    outcome.outages = outages
    outcome.control = ledger.count(ledger.run, stored, pushed)
    outcome.resets = sum(screen.resets for screen in clients.screens)
    outcome.seconds = time.monotonic() - started
    return outcome


async def measure_stock(folder: Path, postgres: Postgres, redis: Redis, runs: int, report: Report) -> Outcome:
    """Measure the consumer of the tutorials with the same clients and kills."""
    ledger, started = Ledger(), time.monotonic()
    async with run_stock(folder, postgres, redis) as servers:
        clients = make_stock_clients(ledger, servers.addresses)
        async with running(*clients.phones, *clients.writers):
            series = Runs(servers, clients, ledger, waits_for_all=False)
            kinds = await _run_all(series, STOCK_KILLS, runs, report)
        stored = await asyncio.to_thread(_stored_in, postgres, "SELECT client_id FROM stock_message")
    outcome = _evaluate(ledger, kinds, stored, set())
    outcome.seconds = time.monotonic() - started
    return outcome


async def _measure_outages(servers: Servers, client: httpx.AsyncClient) -> dict[str, Outage]:
    pair = OutageClients(servers, client, await asyncio.to_thread(make_pair))
    return {
        "Redis": await without_redis(pair, servers),
        "PostgreSQL": await without_postgres(pair, servers),
    }


@asynccontextmanager
async def running(*runners: Phone | Writer) -> AsyncIterator[None]:
    """Run all of them as tasks. Raises when one of them fails, because then the run proves nothing."""
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _wait_until(holds: Callable[[], bool]) -> None:
    """Wait until it holds, with a limit; what has not arrived by then counts as lost."""
    deadline = time.monotonic() + DELIVERY_S
    while not holds() and time.monotonic() < deadline:  # noqa: ASYNC110 - a ledger has no events
        await asyncio.sleep(0.05)


async def _run_all(series: Runs, kills: Mapping[str, Kill], runs: int, report: Report) -> list[str]:
    """Run the kinds in turn; return the kind of each run."""
    kinds = list(islice(cycle(kills), runs))
    for number, kind in enumerate(kinds, 1):
        started = time.monotonic()
        await series.run(kills[kind])
        report(f"   {number:>3} {kind}, {time.monotonic() - started:.1f} s")
    return kinds


async def _run_control(series: Runs, servers: Servers, clients: Clients, ledger: Ledger) -> None:
    """Kill nothing, but hide, delete, double and swap messages, and discard pushes."""
    assert servers.fcm
    hiding, doubling, swapping = clients.screens[0], clients.screens[2], clients.screens[4]
    hiding.hides = doubling.doubles = swapping.swaps = 1
    servers.fcm.loses = {min(ledger.away)}
    await series.run(None)
    victim = next(message for message in ledger.messages(ledger.run) if message.reader == clients.screens[6].person)
    with servers.postgres.connect() as session:
        session.execute("DELETE FROM chat_message WHERE client_id = %s", [victim.client_id])


def _stored_in(postgres: Postgres, query: str) -> list[str]:
    with postgres.connect() as session:
        return [str(client_id) for (client_id,) in session.execute(query).fetchall()]


def _evaluate(ledger: Ledger, kinds: Sequence[str], stored: Sequence[str], pushed: set[str]) -> Outcome:
    outcome, kept = Outcome(), set(stored)
    for run, kind in enumerate(kinds, 1):
        outcome.runs[kind] = outcome.runs.get(kind, 0) + 1
        outcome.counts[kind] = outcome.counts.get(kind, Counts()) + ledger.count(run, kept, pushed)
    return outcome


def table_of(outcome: Outcome, *, has_pushes: bool) -> str:
    """Return a Markdown table: one line per kind, and the sums."""
    rows = [*_rows(outcome, has_pushes=has_pushes)]
    return "\n".join(["| " + " | ".join(HEADS) + " |", "|---" + "|---:" * (len(HEADS) - 1) + "|", *rows])


def _rows(outcome: Outcome, *, has_pushes: bool) -> Iterator[str]:
    for kind, counts in outcome.counts.items():
        yield _row(kind, outcome.runs[kind], counts, has_pushes=has_pushes)
    yield _row("**all**", sum(outcome.runs.values()), outcome.total, has_pushes=has_pushes)


def _row(kind: str, runs: int, counts: Counts, *, has_pushes: bool) -> str:
    pushed = [f"{counts.pushed:,}", f"{counts.pushes_lost:,}"] if has_pushes else ["", ""]
    cells = [kind, f"{runs}", *(f"{n:,}" for n in (counts.acknowledged, counts.stored, counts.delivered, counts.shown))]
    cells += [pushed[0], *(f"{n:,}" for n in (counts.lost, counts.shown_twice, counts.out_of_order)), pushed[1]]
    return "| " + " | ".join([*cells, f"{counts.longest_wait_s:.1f} s"]) + " |"


def outages_of(outcome: Outcome) -> str:
    """Return what was seen during each outage."""
    return "\n".join(
        f"Without {name}: {'as documented' if seen.is_as_documented else 'NOT AS DOCUMENTED'}; longest response "
        f"{seen.response_s:.1f} s, recovery {seen.recovery_s:.1f} s after the restart."
        for name, seen in outcome.outages.items()
    )


def control_of(outcome: Outcome) -> str:
    """Return the faults planted in the control, and those that were counted."""
    counts = outcome.control
    return (
        "Control without a kill, with planted faults (one message hidden, one deleted, one doubled, two swapped, "
        f"the pushes of one person discarded): lost {counts.lost}, shown twice {counts.shown_twice}, out of order "
        f"{counts.out_of_order}, pushes lost {counts.pushes_lost}: {'found' if outcome.counts_faults else 'NOT FOUND'}."
    )
