"""Prepared statements from inside an event loop, for what everybody waits for.

A thread has to get the interpreter back after each answer of the database. Here the answer is taken up by the loop
that writes it out. Each statement is a transaction of its own; what needs several statements belongs to a service, in
a thread.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import IntegrityError, OperationalError, connection
from psycopg import AsyncConnection

from backend.shared.lines import SESSION_LOST
from backend.shared.loop_line import Line
from backend.shared.prepared import Questions, Rows, T

PATIENCE_S = 3


class LoopDatabase:
    """A few connections of one event loop, opened when they are first needed.

    The one used last is used next, so that with little to do one warm session does it all; psycopg's pool takes the one
    that has rested longest, and waits ever longer for a database that was away.
    """

    def __init__(self, connections: int) -> None:
        self._places = asyncio.Semaphore(connections)
        self._idle: list[Line] = []

    async def fetch(self, statement: str, values: Mapping[str, Any]) -> Rows:
        """All rows of a statement whose text stays the same, as `fetch_prepared` does it.

        Raises Django's OperationalError when the database is away, takes no writes, or has no answer within
        `PATIENCE_S`, so that what one waits for, such as a row that somebody holds, does not hold up all others; and
        IntegrityError. Whatever else psycopg raises is a fault of ours.
        """
        try:
            until = asyncio.get_running_loop().time() + PATIENCE_S
            line = await self._take(until)
            try:
                return await line.fetch(statement, values, until)
            finally:
                await self._put_back(line)
        except (psycopg.OperationalError, TimeoutError) as error:
            raise OperationalError(*error.args) from error
        except SESSION_LOST as error:
            self.close()
            raise OperationalError(*error.args) from error
        except psycopg.IntegrityError as error:
            raise IntegrityError(*error.args) from error
        except psycopg.Error:
            # A fault of ours, or what a migration has changed: that fails on each connection that has prepared it.
            self.close()
            raise

    async def answer(self, questions: Questions[T]) -> T:
        """What comes of some questions, each a transaction of its own. Raises what `fetch` raises."""
        try:
            question = next(questions)
            while True:
                question = questions.send(await self.fetch(*question))
        except StopIteration as end:
            answer: T = end.value
            return answer

    def close(self) -> None:
        """Give back the connections that rest."""
        while self._idle:
            self._idle.pop().close()

    async def _take(self, until: float) -> Line:
        """One that lives; what ended one at rest, as a restart does, has mostly ended all. Raises TimeoutError."""
        if self._places.locked():
            async with asyncio.timeout_at(until):
                await self._places.acquire()
        else:
            await self._places.acquire()
        try:
            while self._idle:
                line = self._idle.pop()
                if line.is_quiet:
                    return line
                line.close()
            async with asyncio.timeout_at(until):
                return await _connect()
        except BaseException:
            self._places.release()
            raise

    async def _put_back(self, line: Line) -> None:
        try:
            if line.is_idle:
                self._idle.append(line)
            else:
                # What ends one ends those at rest too, as a restart does: none of them is to fail in its turn.
                self.close()
                await line.give_up()
        finally:
            self._places.release()


async def _connect() -> Line:
    """As Django's own connections are, adapters and session included."""
    ours = {"cursor_factory": psycopg.AsyncCursor, "autocommit": True}
    return Line(await AsyncConnection.connect(**{**connection.get_connection_params(), **ours}))
