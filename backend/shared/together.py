"""Asking for several at once what is asked for one by one, where an event loop has many to answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from django.db import OperationalError

K = TypeVar("K")
V = TypeVar("V")
# An answer that takes longer holds up no others.
SLOW_S = 0.05


class Together(Generic[K, V]):
    """While one question is being answered, those that come meanwhile gather, and are the next question together.

    With little to do each is asked by itself, at once. What fails, fails for all that were asked together; and where
    the database is away, for all that have gathered too.
    """

    def __init__(self, ask: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]], *, at_most: int) -> None:
        self._ask = ask
        self._at_most = at_most
        self._gathered: list[tuple[K, asyncio.Future[V | None]]] = []
        # The one that asks next for what gathers; those that wait for a slow answer do so no more.
        self._asking: asyncio.Task[None] | None = None
        self._slow: set[asyncio.Task[None]] = set()

    def get(self, key: K) -> "asyncio.Future[V | None]":
        """What there is of one; None where there is nothing. Raises what `ask` raises."""
        answer: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._gathered.append((key, answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_for_all())
        return answer

    async def _ask_for_all(self) -> None:
        this = asyncio.current_task()
        try:
            while self._gathered and self._asking is this:
                asked, self._gathered = self._gathered[: self._at_most], self._gathered[self._at_most :]
                slow = asyncio.get_running_loop().call_later(SLOW_S, self._go_on_beside)
                await self._ask_for([(key, answer) for key, answer in asked if not answer.done()])
                slow.cancel()
        finally:
            if self._asking is this:
                self._asking = None

    def _go_on_beside(self) -> None:
        """Another one asks from now on."""
        if self._asking is not None:
            self._slow.add(self._asking)
            self._asking.add_done_callback(self._slow.discard)
        self._asking = asyncio.create_task(self._ask_for_all()) if self._gathered else None

    async def _ask_for(self, waiting: "Sequence[tuple[K, asyncio.Future[V | None]]]") -> None:
        try:
            found = await self._ask([key for key, _ in waiting]) if waiting else {}
        except OperationalError as error:
            gathered, self._gathered = self._gathered, []
            _fail([*waiting, *gathered], error)
        except Exception as error:
            _fail(waiting, error)
        else:
            for key, answer in waiting:
                if not answer.done():
                    answer.set_result(found.get(key))


def _fail(waiting: "Sequence[tuple[K, asyncio.Future[V | None]]]", error: Exception) -> None:
    for _, answer in waiting:
        if not answer.done():
            answer.set_exception(error)
