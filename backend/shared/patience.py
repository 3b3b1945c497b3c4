"""Waiting in an event loop for one answer among others, with an end, without a task or a context of its own."""

import asyncio
from typing import Any, TypeVar

T = TypeVar("T")


async def within(answer: "asyncio.Future[T]", until: float) -> T:
    """The answer. Raises TimeoutError where there is none until then, by the clock of the loop."""
    too_late = answer.get_loop().call_at(until, let_down, answer)
    try:
        return await answer
    finally:
        too_late.cancel()


def let_down(answer: "asyncio.Future[Any]") -> None:
    """Whoever waits for it is told that it does not come in time."""
    if not answer.done():
        answer.set_exception(TimeoutError())
