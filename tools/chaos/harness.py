"""One harness from beginning to end: servers, people, runs, and what they came to by the part that was killed."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import httpx

from tools.chaos.company import Company, make_visitors, our_company, stock_company
from tools.chaos.kills import KILLS, STOCK_KILLS, Kill
from tools.chaos.ledger import Counts, Ledger
from tools.chaos.memory import Postgres, Redis
from tools.chaos.outages import Outage, Visit, without_postgres, without_redis
from tools.chaos.phones import Phone, Writer
from tools.chaos.pushes import pushed_in, settle
from tools.chaos.series import Series
from tools.chaos.stage import Stage, our_stage, stock_stage

PATIENCE_S = 20
Say = Callable[[str], None]


@dataclass
class Outcome:
    """Runs and sums by what was killed. `control` has faults planted; `resets` are clients that had to load anew."""

    runs: dict[str, int] = field(default_factory=dict)
    counts: dict[str, Counts] = field(default_factory=dict)
    control: Counts = field(default_factory=Counts)
    outages: dict[str, Outage] = field(default_factory=dict)
    resets: int = 0
    seconds: float = 0.0

    @property
    def total(self) -> Counts:
        """All runs together."""
        return sum(self.counts.values(), Counts())

    @property
    def is_well(self) -> bool:
        """Nothing lost, doubled or turned round, outages as promised, and every planted fault counted."""
        return self.total.is_clean and self.sees_faults and all(seen.is_as_promised for seen in self.outages.values())

    @property
    def sees_faults(self) -> bool:
        """Whether every planted fault was counted: without that, zeros would mean nothing."""
        control = self.control
        return control.lost == 2 and control.twice == 1 and control.unordered == 1 and control.push_lost > 0


async def try_ours(folder: Path, postgres: Postgres, redis: Redis, runs: int, say: Say, *, hurry: bool) -> Outcome:
    """The service itself. Its last run is the control."""
    ledger, started = Ledger(), time.monotonic()
    async with our_stage(folder, postgres, redis) as stage, httpx.AsyncClient() as client:
        company = await asyncio.to_thread(our_company, ledger, client, stage.addresses)
        outages = await _try_outages(stage, client)
        async with _on(*company.phones, *company.writers):
            series = Series(stage, company, ledger, settles=True)
            kinds = await _run_all(series, KILLS, runs, say)
            say("   waiting for the last pushes")
            await settle(postgres, ledger.away, hurry=hurry)
            await _run_control(series, stage, company, ledger)
            await settle(postgres, ledger.away, hurry=hurry)
        assert stage.fcm
        pushed = await asyncio.to_thread(pushed_in, postgres, ledger.away, stage.fcm.ids)
        async with _on(*company.asleep):
            await _until(ledger.is_complete)
        stored = await asyncio.to_thread(_stored_in, postgres, "SELECT client_id::text FROM chat_message")
    outcome = _judge(ledger, kinds, stored, pushed)
    outcome.outages = outages
    outcome.control = ledger.count(ledger.run, stored, pushed)
    outcome.resets = sum(screen.resets for screen in company.screens)
    outcome.seconds = time.monotonic() - started
    return outcome


async def try_stock(folder: Path, postgres: Postgres, redis: Redis, runs: int, say: Say) -> Outcome:
    """The same clients and kills on the consumer of the tutorials."""
    ledger, started = Ledger(), time.monotonic()
    async with stock_stage(folder, postgres, redis) as stage:
        company = stock_company(ledger, stage.addresses)
        async with _on(*company.phones, *company.writers):
            series = Series(stage, company, ledger, settles=False)
            kinds = await _run_all(series, STOCK_KILLS, runs, say)
        stored = await asyncio.to_thread(_stored_in, postgres, "SELECT client_id FROM stock_message")
    outcome = _judge(ledger, kinds, stored, set())
    outcome.seconds = time.monotonic() - started
    return outcome


async def _try_outages(stage: Stage, client: httpx.AsyncClient) -> dict[str, Outage]:
    visit = Visit(stage, client, await asyncio.to_thread(make_visitors))
    return {
        "Redis": await without_redis(visit, stage),
        "PostgreSQL": await without_postgres(visit, stage),
    }


@asynccontextmanager
async def _on(*runners: Phone | Writer) -> AsyncIterator[None]:
    """All of them running. One that fails makes the harness fail, for then it proves nothing."""
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


async def _until(holds: Callable[[], bool]) -> None:
    """Not for ever: what has not come by then counts as lost."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds() and time.monotonic() < deadline:  # noqa: ASYNC110 - asked of a ledger, which has no events
        await asyncio.sleep(0.05)


async def _run_all(series: Series, kills: Mapping[str, Kill], runs: int, say: Say) -> list[str]:
    """The kinds in turn; returns which was used, run by run."""
    kinds = list(islice(cycle(kills), runs))
    for number, kind in enumerate(kinds, 1):
        started = time.monotonic()
        await series.run(kills[kind])
        say(f"   {number:>3} {kind}, {time.monotonic() - started:.1f} s")
    return kinds


async def _run_control(series: Series, stage: Stage, company: Company, ledger: Ledger) -> None:
    """Nothing is killed; instead messages vanish from a screen and from the database, come twice, and change places."""
    assert stage.fcm
    hiding, doubling, swapping = company.screens[0], company.screens[2], company.screens[4]
    hiding.hides = doubling.doubles = swapping.swaps = 1
    stage.fcm.loses = {min(ledger.away)}
    await series.run(None)
    victim = next(message for message in ledger.messages(ledger.run) if message.reader == company.screens[6].person)
    with stage.postgres.connect() as session:
        session.execute("DELETE FROM chat_message WHERE client_id = %s", [victim.client_id])


def _stored_in(postgres: Postgres, query: str) -> list[str]:
    with postgres.connect() as session:
        return [str(client_id) for (client_id,) in session.execute(query).fetchall()]


def _judge(ledger: Ledger, kinds: Sequence[str], stored: Sequence[str], pushed: set[str]) -> Outcome:
    outcome, kept = Outcome(), set(stored)
    for run, kind in enumerate(kinds, 1):
        outcome.runs[kind] = outcome.runs.get(kind, 0) + 1
        outcome.counts[kind] = outcome.counts.get(kind, Counts()) + ledger.count(run, kept, pushed)
    return outcome
