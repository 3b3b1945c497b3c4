"""Turns the statements of a call into a pgbench script, taken at the database cursor.

Two calls are compared; what differs has to be new in each transaction. An id becomes a random one, a number that grew
by one is counted on, a time becomes now. Everything else stays.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from psycopg import ClientCursor

LITERAL = re.compile(r"'(?:[^']|'')*'|(?<![\w.$:])\d+(?![\w.])")
NUMBER = re.compile(r"\d+")
AFTER_QUOTE = re.compile(r'":(?=\w)')


def script_of(call: Callable[[], object], number: int) -> str:
    """Return a pgbench transaction that does what `call` does; `number` is the number the first of two calls uses."""
    with _taken() as first:
        call()
    with _taken() as second:
        call()
    if len(first) != len(second):
        raise RuntimeError(f"two calls in a row made {len(first)} and {len(second)} statements")
    lines = [_template(*pair, number) for pair in zip(first, second, strict=True)]
    # A single statement is its own transaction, as it is in the service.
    first_and_last = ([], []) if len(lines) == 1 else (["BEGIN"], ["COMMIT"])
    statements = [*first_and_last[0], *lines, *first_and_last[1]]
    return "\n".join([r"\set n :n + 1", *(f"{statement};" for statement in statements), ""])


@contextmanager
def _taken() -> Iterator[list[str]]:
    """Collect every statement with its values as literals, without savepoints."""
    taken: list[str] = []

    def take(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE")):
            taken.append(ClientCursor(connection.connection).mogrify(sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(take):
        yield taken


def _template(first: str, second: str, number: int) -> str:
    before, after = LITERAL.findall(first), LITERAL.findall(second)
    if LITERAL.sub("?", first) != LITERAL.sub("?", second) or len(before) != len(after):
        raise RuntimeError("two calls in a row made different statements")
    values = iter([one if one == other else _new_value(one, number) for one, other in zip(before, after, strict=True)])
    # pgbench would read `:true` inside JSON as a variable.
    return AFTER_QUOTE.sub('": ', " ".join(LITERAL.sub(lambda _: next(values), second).split()))


def _new_value(literal: str, number: int) -> str:
    if NUMBER.fullmatch(literal):
        return f"(:n + {int(literal) - number})"
    if _is_uuid(literal.strip("'")):
        # A subquery, because a volatile function cannot be looked up in an index, which the value of the service can.
        return "(SELECT gen_random_uuid())"
    return literal if literal.startswith(("'{", "'[")) else "now()"


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
