"""Prepared statements from inside an event loop, for what every chat waits for.

A thread has to get the interpreter back after each answer of the database, and on the way to the other's screen that
happens again and again. Here the answer is taken up by the loop that writes the frame. Each statement is a transaction
of its own; what needs several statements belongs to a service, in a thread.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import psycopg
from django.db import IntegrityError, OperationalError, connection
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus

from backend.shared.lines import SESSION_LOST, is_quiet

PATIENCE_S = 3
Line: TypeAlias = AsyncConnection[tuple[Any, ...]]


class LoopDatabase:
    """A few connections of one event loop, opened when they are first needed.

    The one used last is used next, so that with little to do one warm session does it all; psycopg's pool takes the one
    that has rested longest, and waits ever longer for a database that was away.
    """

    def __init__(self, connections: int) -> None:
        self._places = asyncio.Semaphore(connections)
        self._idle: list[Line] = []

    async def fetch(self, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of a statement whose text stays the same, as `fetch_prepared` does it.

        Raises Django's OperationalError when the database is away, takes no writes, or has no answer within
        `PATIENCE_S`, so that what one waits for, such as a row that somebody holds, does not hold up all others; and
        IntegrityError. Whatever else psycopg raises is a fault of ours.
        """
        try:
            async with asyncio.timeout(PATIENCE_S), self._places, self._line() as line:
                cursor = line.cursor(binary=True)
                await cursor.execute(statement, values, prepare=True)
                return await cursor.fetchall()
        except (psycopg.OperationalError, TimeoutError) as error:
            raise OperationalError(*error.args) from error
        except SESSION_LOST as error:
            await self.close()
            raise OperationalError(*error.args) from error
        except psycopg.IntegrityError as error:
            raise IntegrityError(*error.args) from error
        except psycopg.Error:
            # A fault of ours, or what a migration has changed: that fails on each connection that has prepared it.
            await self.close()
            raise

    async def close(self) -> None:
        """Give back the connections that rest."""
        while self._idle:
            await self._idle.pop().close()

    @asynccontextmanager
    async def _line(self) -> AsyncIterator[Line]:
        line = await self._open()
        try:
            yield line
        finally:
            if line.pgconn.transaction_status == TransactionStatus.IDLE:
                self._idle.append(line)
            else:
                await line.close()
                # What ends one ends those at rest too, as a restart does: none of them is to fail in its turn.
                await self.close()

    async def _open(self) -> Line:
        """One that lives; what ended one at rest, as a restart does, has mostly ended all."""
        while self._idle:
            line = self._idle.pop()
            if is_quiet(line):
                return line
            await line.close()
        return await _connect()


async def _connect() -> Line:
    """As Django's own connections are, adapters and session included."""
    ours = {"cursor_factory": psycopg.AsyncCursor, "autocommit": True}
    return await AsyncConnection.connect(**{**connection.get_connection_params(), **ours})
