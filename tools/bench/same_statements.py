"""The statements of the code under measurement as scripts of pgbench, taken where they go to the database.

Two calls in a row are compared: what differs between them is what has to be new each time. An id becomes a drawn one,
a number that has grown by one counts on, a time becomes now; all else, texts of JSON too, stays as it was.
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
    """One transaction of pgbench that does what `call` does; `number` is what the first of the two calls numbers."""
    with _taken() as first:
        call()
    with _taken() as second:
        call()
    if len(first) != len(second):
        raise RuntimeError(f"two calls in a row made {len(first)} and {len(second)} statements")
    lines = [_template(*pair, number) for pair in zip(first, second, strict=True)]
    # One statement is a transaction by itself, as it is where the service asks for no other.
    first_and_last = ([], []) if len(lines) == 1 else (["BEGIN"], ["COMMIT"])
    statements = [*first_and_last[0], *lines, *first_and_last[1]]
    return "\n".join([r"\set n :n + 1", *(f"{statement};" for statement in statements), ""])


@contextmanager
def _taken() -> Iterator[list[str]]:
    """Every statement with its values in place; those that rule the transaction are left out."""
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
    values = iter([one if one == other else _fresh(one, number) for one, other in zip(before, after, strict=True)])
    # pgbench takes `:true` inside of JSON for a variable of its own.
    return AFTER_QUOTE.sub('": ', " ".join(LITERAL.sub(lambda _: next(values), second).split()))


def _fresh(literal: str, number: int) -> str:
    if NUMBER.fullmatch(literal):
        return f"(:n + {int(literal) - number})"
    if _is_uuid(literal.strip("'")):
        # Of a subquery: a volatile function itself could not be looked up in an index, which the service's value can.
        return "(SELECT gen_random_uuid())"
    return literal if literal.startswith(("'{", "'[")) else "now()"


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
