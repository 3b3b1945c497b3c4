"""Asking for several at once what is asked for one by one, where an event loop has many to answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Together(Generic[K, V]):
    """While one question is being answered, those that come meanwhile gather, and are the next question together.

    With little to do each is asked by itself, at once. What fails, fails for all that were asked together.
    """

    def __init__(self, ask: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]], *, at_most: int) -> None:
        self._ask = ask
        self._at_most = at_most
        self._gathered: list[tuple[K, asyncio.Future[V | None]]] = []
        self._asking: asyncio.Task[None] | None = None

    def get(self, key: K) -> "asyncio.Future[V | None]":
        """What there is of one; None where there is nothing. Raises what `ask` raises."""
        answer: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._gathered.append((key, answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_for_all())
        return answer

    async def _ask_for_all(self) -> None:
        try:
            while self._gathered:
                asked, self._gathered = self._gathered[: self._at_most], self._gathered[self._at_most :]
                await self._ask_for(asked)
        finally:
            self._asking = None

    async def _ask_for(self, asked: "Sequence[tuple[K, asyncio.Future[V | None]]]") -> None:
        waiting = [(key, answer) for key, answer in asked if not answer.done()]
        try:
            found = await self._ask([key for key, _ in waiting])
        except Exception as error:
            for _, answer in waiting:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for key, answer in waiting:
                if not answer.done():
                    answer.set_result(found.get(key))
