"""Database access from the event loop: a pool for single prepared statements, and threads for everything else."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, ParamSpec, TypeVar

import psycopg
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from psycopg import AsyncConnection, AsyncCursor
from psycopg_pool import AsyncConnectionPool

from backend.core.db.monitoring import watch_pool
from backend.core.db.postgis.base import SESSION_LOST, is_demoted, is_quiet

P = ParamSpec("P")
T = TypeVar("T")
Rows = list[tuple[Any, ...]]
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError)
STATEMENT_TIMEOUT_S = 3


class StatementPool:
    """Runs prepared statements, each a transaction of its own, on connections that are opened when needed."""

    def __init__(self, connections_max: int) -> None:
        self._pool: AsyncConnectionPool[AsyncConnection[tuple[Any, ...]]] = AsyncConnectionPool(
            kwargs=_connection_parameters,
            min_size=0,
            max_size=connections_max,
            check=self._check,
            timeout=STATEMENT_TIMEOUT_S,
            # Short, so that the next message after an outage makes a new attempt instead of waiting for a backoff.
            reconnect_timeout=STATEMENT_TIMEOUT_S,
            open=False,
            name="socket",
        )

    async def open(self) -> None:
        """Start the pool's tasks in the running event loop."""
        await self._pool.open()
        watch_pool("socket", self._pool)

    async def close(self) -> None:
        """Close the connections and stop the pool's tasks."""
        await self._pool.close()

    async def fetch(self, statement: str, parameters: Mapping[str, Any]) -> Rows:
        """All rows of one statement.

        Raises Django's IntegrityError, and OperationalError when the database is unreachable, read-only, or does not
        answer within `STATEMENT_TIMEOUT_S`. The caller does not wait for the cancellation of a statement, which takes
        as long as PostgreSQL is frozen.
        """
        task = asyncio.create_task(self._fetch(statement, parameters))
        task.add_done_callback(_retrieve_exception)
        try:
            done, _ = await asyncio.wait({task}, timeout=STATEMENT_TIMEOUT_S)
        finally:
            task.cancel()
        if not done:
            raise OperationalError("PostgreSQL did not answer in time.")
        return task.result()

    async def _fetch(self, statement: str, parameters: Mapping[str, Any]) -> Rows:
        try:
            try:
                return await self._execute(statement, parameters)
            except SESSION_LOST:
                # The session is read-only or has been ended. A new one may be fine, as after a failover.
                await self._pool.drain()
                return await self._execute(statement, parameters)
        except psycopg.IntegrityError as error:
            raise IntegrityError(*error.args) from error
        except (psycopg.OperationalError, psycopg.InterfaceError, *SESSION_LOST) as error:
            raise OperationalError(*error.args) from error
        except psycopg.Error:
            # A migration may have changed what the prepared statements were planned for.
            await self._pool.drain()
            raise

    async def _execute(self, statement: str, parameters: Mapping[str, Any]) -> Rows:
        async with self._pool.connection() as session:
            cursor = await session.execute(statement, parameters, prepare=True, binary=True)
            return await cursor.fetchall()

    async def _check(self, session: AsyncConnection[Any]) -> None:
        """Reject a connection that PostgreSQL has closed, or is no primary any more; the idle ones are like it."""
        if not is_quiet(session) or is_demoted(session, connection.settings_dict["OPTIONS"]):
            await self._pool.drain()
            raise psycopg.OperationalError("PostgreSQL has closed this connection.")


async def _connection_parameters() -> dict[str, Any]:
    """The parameters of Django's own connections, with its adapters and session settings."""
    return {**connection.get_connection_params(), "cursor_factory": AsyncCursor, "autocommit": True}


def _retrieve_exception(task: "asyncio.Task[Rows]") -> None:
    """Keep asyncio from logging the exception of a statement that timed out."""
    if not task.cancelled():
        task.exception()


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=settings.SOCKET_THREADS, thread_name_prefix="socket")


async def in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a service or selector in one of `SOCKET_THREADS` threads, with a database connection of Django's pool."""
    call = database_sync_to_async(function, thread_sensitive=False, executor=_executor())
    result: T = await call(*args, **kwargs)
    return result
