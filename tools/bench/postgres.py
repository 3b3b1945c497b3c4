"""pgbench on the bench's own PostgreSQL, and the statements of the service as scripts for it."""

import os
import re
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from psycopg import ClientCursor, sql

POSTGRES_BIN = Path(os.environ.get("POSTGRES_BIN", "/usr/bin"))

# The options of the service's own connections (backend.settings).
OPTIONS = "-c jit=off -c plan_cache_mode=force_generic_plan -c max_parallel_workers_per_gather=0"
LITERAL = re.compile(r"'(?:[^']|'')*'|(?<![\w.$:])\d+(?![\w.])")
NUMBER = re.compile(r"\d+")
AFTER_QUOTE = re.compile(r'":(?=\w)')


@dataclass(frozen=True)
class Prepared:
    """A statement as the service prepares it, with `%(name)s` in it, and its values."""

    statement: str
    values: Mapping[str, Any]

    def for_pgbench(self, prefix: str) -> tuple[str, list[str]]:
        """Return the script, and the variables it needs: pgbench prepares them as parameters."""
        names, variables = {}, []
        for name, value in self.values.items():
            if (text := _text_of(value)) is None:
                names[name] = sql.Literal(value).as_string()
            else:
                names[name] = f":{prefix}_{name}"
                variables.append(f"--define={prefix}_{name}={text}")
        return (self.statement % names if names else self.statement), variables


@contextmanager
def statements_taken() -> Iterator[list[Prepared]]:
    """Collect every statement that this thread runs on Django's connection, with its values."""
    taken: list[Prepared] = []

    def take(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        taken.append(_prepared(statement, params))
        return execute(statement, params, many, context)

    with connection.execute_wrapper(take):
        yield taken


def _prepared(statement: str, params: Mapping[str, Any] | Sequence[Any] | None) -> Prepared:
    if not params:
        return Prepared(statement, {})
    if isinstance(params, Mapping):
        return Prepared(statement, params)
    values = {f"p{number}": value for number, value in enumerate(params)}
    names = iter(values)
    return Prepared(re.sub("%s", lambda _: f"%({next(names)})s", statement), values)


def _text_of(value: Any) -> str | None:
    """Return a value as the text of a parameter, or None where it has to stand in the statement as a literal."""
    match value:
        case bool() | str() | int() | float() | Decimal() | uuid.UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case [*values] if all(isinstance(one, int | uuid.UUID) for one in values):
            return "{" + ",".join(map(str, values)) + "}"
    return None


@contextmanager
def session(database: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
    """Open an autocommitting connection as the owner of everything."""
    host, user = os.environ["POSTGRES_HOST"], os.environ["POSTGRES_USER"]
    with psycopg.connect(host=host, user=user, dbname=database, autocommit=True, options=OPTIONS) as client:
        yield client


def pgbench(
    database: str,
    scripts: Sequence[str | Sequence[Prepared]],
    *,
    clients: int,
    seconds: int | None = None,
    transactions: int | None = None,
    **variables: int,
) -> float:
    """Return the transactions per second of pgbench with prepared `scripts`, one drawn at random each time.

    It runs for `seconds`, or for `transactions` of each client. A script may use and change the `variables`.
    """
    length = ["-T", str(seconds)] if seconds else ["-t", str(transactions)]
    with tempfile.TemporaryDirectory() as folder:
        output = _run(Path(folder), database, scripts, [*_sessions(clients), *length], variables)
    found = re.search(r"^tps = ([\d.]+)", output, re.MULTILINE)
    if not found:
        raise RuntimeError(f"pgbench printed no rate: {output[-800:]}")
    return float(found[1])


def pgbench_paced_ms(
    database: str, script: str, *, clients: int, seconds: int, rate: float, **variables: int
) -> list[float]:
    """Return the milliseconds of each transaction when `rate` of them start each second, without the wait to start."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pace = ["-T", str(seconds), "-R", f"{rate:.1f}", "-l", f"--log-prefix={folder / 'log'}"]
        _run(folder, database, [script], [*_sessions(clients), *pace], variables)
        lines = [line.split() for file in folder.glob("log*") for line in file.read_text().splitlines()]
    # Columns: client, number, microseconds since the planned start, script, two of the time, microseconds of waiting.
    return [(int(line[2]) - int(line[6])) / 1000 for line in lines]


def _sessions(count: int) -> list[str]:
    return ["-c", str(count), "-j", str(min(count, 2))]


def _run(
    folder: Path,
    database: str,
    scripts: Sequence[str | Sequence[Prepared]],
    options: Sequence[str],
    variables: Mapping[str, int],
) -> str:
    """Return the output of pgbench. Raises RuntimeError when it fails."""
    files = []
    for number, script in enumerate(scripts):
        file = folder / f"{number}.sql"
        parts = [(script, list[str]())] if isinstance(script, str) else _parts_of(script, number)
        file.write_text(";\n".join(text for text, _ in parts), encoding="utf-8")
        files += ["-f", str(file), *(variable for _, given in parts for variable in given)]
    command = [
        str(POSTGRES_BIN / "pgbench"), "-n", "-M", "prepared", "-h", os.environ["POSTGRES_HOST"],
        "-U", os.environ["POSTGRES_USER"], *options,
        *(f"-D{name}={value}" for name, value in variables.items()), *files, database,
    ]  # fmt: skip
    environment = os.environ | {"PGOPTIONS": OPTIONS}
    output = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if output.returncode:
        raise RuntimeError(f"pgbench failed: {output.stderr[-800:]}")
    return output.stdout


def _parts_of(script: Sequence[Prepared], number: int) -> list[tuple[str, list[str]]]:
    return [part.for_pgbench(f"v{number}_{place}") for place, part in enumerate(script)]


def script_of(call: Callable[[], object], number: int) -> str:
    """Return a pgbench transaction that does what `call` does, from the statements of two calls.

    What differs between the two has to be new in each transaction: an id becomes a random one, a number that grew by
    one is counted on, a time becomes now. `number` is the number that the first call uses.
    """
    with _literals_taken() as first:
        call()
    with _literals_taken() as second:
        call()
    if len(first) != len(second):
        raise RuntimeError(f"two calls in a row made {len(first)} and {len(second)} statements")
    lines = [_template(*pair, number) for pair in zip(first, second, strict=True)]
    # A single statement is its own transaction, as it is in the service.
    first_and_last = ([], []) if len(lines) == 1 else (["BEGIN"], ["COMMIT"])
    statements = [*first_and_last[0], *lines, *first_and_last[1]]
    return "\n".join([r"\set n :n + 1", *(f"{statement};" for statement in statements), ""])


@contextmanager
def _literals_taken() -> Iterator[list[str]]:
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
