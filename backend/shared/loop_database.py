"""Prepared statements from inside an event loop, for what every chat waits for.

A thread has to get the interpreter back after each answer of the database, and on the way to the other's screen that
happens again and again. Here the answer is taken up by the loop that writes the frame. Each statement is a transaction
of its own; what needs several statements belongs to a service, in a thread.
"""

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import IntegrityError, OperationalError, connection
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

PATIENCE_S = 3
# The pool waits ever longer between its tries, but begins anew with the next request after it has given up.
RECONNECT_S = 1


class LoopDatabase:
    """A few connections of one event loop, opened when they are first needed."""

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._pool: AsyncConnectionPool[AsyncConnection[tuple[Any, ...]]] | None = None

    async def fetch(self, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of a statement whose text stays the same, as `fetch_prepared` does it.

        Raises Django's OperationalError when the database is away, and IntegrityError.
        """
        try:
            async with (await self._opened()).connection() as line:
                cursor = line.cursor(binary=True)
                await cursor.execute(statement, values, prepare=True)
                return await cursor.fetchall()
        except psycopg.OperationalError as error:
            raise OperationalError(*error.args) from error
        except psycopg.IntegrityError as error:
            raise IntegrityError(*error.args) from error

    async def close(self) -> None:
        """Give the connections back."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def _opened(self) -> AsyncConnectionPool[AsyncConnection[tuple[Any, ...]]]:
        if self._pool is None:
            self._pool = AsyncConnectionPool(
                kwargs=_parameters(),
                min_size=1,
                max_size=self._connections,
                timeout=PATIENCE_S,
                reconnect_timeout=RECONNECT_S,
                open=False,
            )
            await self._pool.open()
        return self._pool


def _parameters() -> dict[str, Any]:
    """As Django's own connections have them, adapters and session included."""
    return connection.get_connection_params() | {"cursor_factory": psycopg.AsyncCursor, "autocommit": True}
