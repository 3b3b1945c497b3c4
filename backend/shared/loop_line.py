"""One connection to PostgreSQL on which an event loop waits for answers by itself.

psycopg connects, binds values and reads rows. Only the waiting is ours: its own tells the loop anew for each answer
which socket to look at, and takes half of a short statement's time.
"""

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import AsyncConnection, errors
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

from backend.shared.lines import is_quiet
from backend.shared.patience import within
from backend.shared.prepared import Rows

CANCEL_S = 1
_NAME = re.compile(r"%\((\w+)\)s|%%")
_GOOD = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class Line:
    """Asks one thing after the other, in PostgreSQL's binary form, each statement prepared at its first use."""

    def __init__(self, connection: "AsyncConnection[Any]") -> None:
        self._connection = connection
        self._postgres = connection.pgconn
        # Encoding and adapters stay; psycopg's cursors look for them anew for each statement.
        self._adapting = Transformer(connection)
        self._prepared: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self._answer: asyncio.Future[PGresult] | None = None
        self._last: PGresult | None = None
        self._is_closed = False
        self._socket = self._postgres.socket
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._take_in)

    @property
    def is_idle(self) -> bool:
        """Whether it can be asked; not so when it has been given up in the midst of something, or has broken."""
        return self._answer is None and self._postgres.transaction_status == TransactionStatus.IDLE

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has come unasked, which the loop perhaps has not seen yet."""
        return self.is_idle and is_quiet(self._connection)

    async def fetch(self, statement: str, values: Mapping[str, Any], until: float) -> Rows:
        """All rows, with `%(name)s` in the statement for each value.

        Raises psycopg's errors, and TimeoutError where there is no answer until then, by the clock of the loop.
        """
        text, names = _numbered(statement)
        adapting = self._adapting
        given = adapting.dump_sequence([values[name] for name in names], [PyFormat.AUTO] * len(names))
        types, formats = adapting.types or (), adapting.formats
        name = self._prepared.get((text, types)) or await self._prepare(text, types, until)
        self._postgres.send_query_prepared(name, given, param_formats=formats, result_format=Format.BINARY)
        result = await self._answered(until)
        adapting.set_pgresult(result, set_loaders=True, format=Format.BINARY)
        return adapting.load_rows(0, result.ntuples, tuple)

    async def give_up(self) -> None:
        """Close it, and have PostgreSQL end what is under way, which would else be done when it is its turn."""
        try:
            if self._postgres.transaction_status == TransactionStatus.ACTIVE:
                with suppress(psycopg.Error, OSError):
                    await self._connection.cancel_safe(timeout=CANCEL_S)
        finally:
            self.close()

    def close(self) -> None:
        """At once; what is under way is not waited for."""
        if not self._is_closed:
            self._is_closed = True
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._postgres.finish()

    async def _prepare(self, text: bytes, types: tuple[int, ...], until: float) -> bytes:
        name = b"line_%d" % len(self._prepared)
        self._postgres.send_prepare(name, text, param_types=types)
        await self._answered(until)
        self._prepared[text, types] = name
        return name

    async def _answered(self, until: float) -> PGresult:
        """What PostgreSQL says to what was sent."""
        self._answer = self._loop.create_future()
        self._push_out()
        result = await within(self._answer, until)
        self._answer = None
        if result.status not in _GOOD:
            raise errors.error_from_result(result, encoding=self._connection.info.encoding)
        return result

    def _push_out(self) -> None:
        """A long text may take several goes."""
        if self._postgres.flush():
            self._loop.add_writer(self._socket, self._push_out)
        else:
            self._loop.remove_writer(self._socket)

    def _take_in(self) -> None:
        try:
            self._postgres.consume_input()
            while not self._postgres.is_busy():
                if (result := self._postgres.get_result()) is None:
                    self._hand_over()
                    return
                self._last = result
        except psycopg.Error as error:
            self._break(error)

    def _hand_over(self) -> None:
        result, self._last = self._last, None
        if self._answer and result and not self._answer.done():
            self._answer.set_result(result)

    def _break(self, error: psycopg.Error) -> None:
        """The other side has gone, perhaps while nobody asked."""
        self.close()
        if self._answer and not self._answer.done():
            self._answer.set_exception(error)


@lru_cache(maxsize=512)
def _numbered(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """As PostgreSQL takes it, with `$1` for a value, and the names of the values in that order."""
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        return f"${numbers.setdefault(found[1], len(numbers) + 1)}"

    return _NAME.sub(number, statement).encode(), tuple(numbers)
