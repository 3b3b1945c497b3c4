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
        files = []
        for number, script in enumerate(scripts):
            file = Path(folder) / f"{number}.sql"
            parts = [(script, list[str]())] if isinstance(script, str) else _parts_of(script, number)
            file.write_text(";\n".join(text for text, _ in parts), encoding="utf-8")
            files += ["-f", str(file), *(variable for _, given in parts for variable in given)]
        command = [
            str(POSTGRES_BIN / "pgbench"), "-n", "-M", "prepared", "-h", os.environ["POSTGRES_HOST"],
            "-U", os.environ["POSTGRES_USER"], "-c", str(clients), "-j", str(min(clients, 2)), *length,
            *(f"-D{name}={value}" for name, value in variables.items()), *files, database,
        ]  # fmt: skip
        environment = os.environ | {"PGOPTIONS": OPTIONS}
        said = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    found = re.search(r"^tps = ([\d.]+)", said.stdout, re.MULTILINE)
    if said.returncode or not found:
        raise RuntimeError(f"pgbench failed: {said.stderr[-800:]}")
    return float(found[1])


def _parts_of(script: Sequence[Prepared], number: int) -> list[tuple[str, list[str]]]:
    return [part.for_pgbench(f"v{number}_{place}") for place, part in enumerate(script)]
