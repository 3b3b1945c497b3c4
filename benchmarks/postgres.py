"""pgbench and administration of the bench's own PostgreSQL."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

POSTGRES_BIN = Path(os.environ.get("POSTGRES_BIN", "/usr/bin"))


@contextmanager
def session(database: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
    """An autocommitting connection as the owner of everything."""
    host, user = os.environ["POSTGRES_HOST"], os.environ["POSTGRES_USER"]
    with psycopg.connect(host=host, user=user, dbname=database, autocommit=True) as connection:
        yield connection


def pgbench(
    database: str,
    scripts: Sequence[str],
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
            file.write_text(script, encoding="utf-8")
            files += ["-f", str(file)]
        command = [
            str(POSTGRES_BIN / "pgbench"), "-n", "-M", "prepared", "-h", os.environ["POSTGRES_HOST"],
            "-U", os.environ["POSTGRES_USER"], "-c", str(clients), "-j", str(min(clients, 2)), *length,
            *(f"-D{name}={value}" for name, value in variables.items()), *files, database,
        ]  # fmt: skip
        said = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"^tps = ([\d.]+)", said.stdout, re.MULTILINE)
    if said.returncode or not found:
        raise RuntimeError(f"pgbench failed: {said.stderr[-800:]}")
    return float(found[1])
