"""The way from the event loop into sync services and selectors."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from threading import Barrier
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, connections

P = ParamSpec("P")
T = TypeVar("T")
DATABASE_AWAY = (OperationalError, InterfaceError)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=settings.SOCKET_THREADS, thread_name_prefix="socket")


async def in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `function` in one of few threads, each of which keeps its database connection for the next call."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_pool(), partial(_call, function, *args, **kwargs))


def _call(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    line: Any = connection
    line.health_check_done = False  # It may have rested for long.
    try:
        return function(*args, **kwargs)
    finally:
        # Fetching one from the pool and giving it back costs a tenth of a message. One that failed may be broken.
        if connection.errors_occurred:
            connection.close()


async def give_connections_back() -> None:
    """Of every thread, when the process stops serving: each is held at the barrier, so that none is asked twice."""
    barrier = Barrier(settings.SOCKET_THREADS)

    def close_own() -> None:
        barrier.wait(timeout=5)
        connections.close_all()

    loop = asyncio.get_running_loop()
    await asyncio.gather(*(loop.run_in_executor(_pool(), close_own) for _ in range(settings.SOCKET_THREADS)))
