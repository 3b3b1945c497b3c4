"""pgbench and administration of the bench's own PostgreSQL."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

POSTGRES_BIN = Path(os.environ.get("POSTGRES_BIN", "/usr/bin"))


# As the service's own connections (backend.settings).
OPTIONS = "-c jit=off -c plan_cache_mode=force_generic_plan -c max_parallel_workers_per_gather=0"


@dataclass(frozen=True)
class Prepared:
    """A statement as the service prepares it, with `%(name)s` in it, and its values."""

    statement: str
    values: Mapping[str, Any]

    def for_pgbench(self, prefix: str) -> tuple[str, list[str]]:
        """The script, and the variables it needs: pgbench prepares them as parameters."""
        names = {name: f":{prefix}_{name}" for name in self.values}
        given = [f"--define={names[name][1:]}={_spelled(value)}" for name, value in self.values.items()]
        return self.statement % names, given


def _spelled(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "{" + ",".join(str(one) for one in value) + "}"
    return value.isoformat() if isinstance(value, datetime) else str(value)


@contextmanager
def session(database: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
    """An autocommitting connection as the owner of everything."""
    host, user = os.environ["POSTGRES_HOST"], os.environ["POSTGRES_USER"]
    with psycopg.connect(host=host, user=user, dbname=database, autocommit=True, options=OPTIONS) as connection:
        yield connection


def pgbench(
    database: str,
    scripts: Sequence[str | Sequence[Prepared]],
    *,
    clients: int,
    seconds: int | None = None,
    transactions: int | None = None,
    **variables: int,
) -> float:
    """Transactions a second that pgbench reaches with prepared `scripts`, one drawn at random each time.

    For so many seconds, or so many transactions of each client. A script may use and change the `variables`.
    """
    length = ["-T", str(seconds)] if seconds else ["-t", str(transactions)]
    with tempfile.TemporaryDirectory() as folder:
        said = _run(Path(folder), database, scripts, [*_sessions(clients), *length], variables)
    found = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
    if not found:
        raise RuntimeError(f"pgbench said nothing of its rate: {said[-800:]}")
    return float(found[1])


def pgbench_paced_ms(
    database: str, script: str, *, clients: int, seconds: int, rate: float, **variables: int
) -> list[float]:
    """How long each transaction took when `rate` of them began a second, in milliseconds, less its wait to begin."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pace = ["-T", str(seconds), "-R", f"{rate:.1f}", "-l", f"--log-prefix={folder / 'log'}"]
        _run(folder, database, [script], [*_sessions(clients), *pace], variables)
        lines = [line.split() for file in folder.glob("log*") for line in file.read_text().splitlines()]
    # client, number, microseconds since it was to begin, script, when, and how much of that it waited.
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
    """What pgbench says. Raises RuntimeError when it fails."""
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
    said = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if said.returncode:
        raise RuntimeError(f"pgbench failed: {said.stderr[-800:]}")
    return said.stdout


def _parts_of(script: Sequence[Prepared], number: int) -> list[tuple[str, list[str]]]:
    return [part.for_pgbench(f"v{number}_{place}") for place, part in enumerate(script)]
