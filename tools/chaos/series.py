"""Runs, one after the other on the same servers: chat, kill one part, recover, come to rest, count."""

import asyncio
import random
import time
from collections.abc import Callable

from tools.chaos.company import Company
from tools.chaos.kills import Kill
from tools.chaos.ledger import Ledger
from tools.chaos.stage import Stage

BEFORE_S = (0.6, 1.4)
AFTER_S = 0.5
RECOVERY_S = 45
REST_S = 1.5


class NoRecovery(RuntimeError):
    """Somebody still has no answer, long after the part that was killed runs again."""


class Series:
    """`settles` says whether every message must arrive in the end, so that it is worth waiting for."""

    def __init__(self, stage: Stage, company: Company, ledger: Ledger, *, settles: bool) -> None:
        self._stage, self._company, self._ledger, self._settles = stage, company, ledger, settles

    async def run(self, kill: Kill | None) -> None:
        """One run, under the next number; without a kill it is a control."""
        self._ledger.run += 1
        self._let_write(True)
        await asyncio.sleep(random.uniform(*BEFORE_S))
        if kill is not None:
            struck_at = time.monotonic()
            await kill(self._stage)
            await self._until(lambda: self._all_answered_since(struck_at))
        await asyncio.sleep(AFTER_S if kill else 3 * AFTER_S)
        self._let_write(False)
        await self._until(lambda: all(writer.is_idle.is_set() for writer in self._company.writers))
        await self._come_to_rest()

    def _let_write(self, may: bool) -> None:
        for writer in self._company.writers:
            (writer.may_write.set if may else writer.may_write.clear)()

    def _all_answered_since(self, moment: float) -> bool:
        messages = self._ledger.messages(self._ledger.run)
        answered = {message.writer for message in messages if (message.acknowledged_at or 0) > moment}
        return len(answered) == len(self._company.writers)

    async def _until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + RECOVERY_S
        while not holds():
            if time.monotonic() > deadline:
                raise NoRecovery
            await asyncio.sleep(0.05)

    async def _come_to_rest(self) -> None:
        """Until all have seen everything; else until nothing has come for a while, and the rest counts as lost."""
        patience_s = RECOVERY_S if self._settles else REST_S
        run, arrivals, since = self._ledger.run, -1, time.monotonic()
        while not self._ledger.is_settled(run) and time.monotonic() - since < patience_s:
            now = sum(message.arrivals for message in self._ledger.messages(run))
            if now != arrivals:
                arrivals, since = now, time.monotonic()
            await asyncio.sleep(0.05)
        # A double that is still on its way belongs to this run.
        await asyncio.sleep(0.2)
