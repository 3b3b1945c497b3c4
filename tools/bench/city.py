"""The generated city: drawn once into a template database, copied fresh for every run."""

import hashlib
import os
import subprocess
import sys
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import Connection, sql

from tools.bench.postgres import session

ROOT = Path(__file__).resolve().parents[2]
DATABASE = os.environ.get("POSTGRES_DB", "bench")
# Older ones begin to expire, pickup by pickup.
KEEPS = timedelta(days=4)
# A city drawn by other code is another city; new tables and columns come to an older one by its migrations.
DRAWN_BY = ("geo/management/crowd.py", "geo/data/*.csv")


@dataclass(frozen=True)
class City:
    """How large a city to measure on."""

    pickups: int
    open: int
    collectors: int
    swipes: int
    seed: int

    @property
    def template(self) -> str:
        """The name of the template database: its sizes, and a hash of all that draws it."""
        digest = hashlib.sha256(repr(astuple(self)).encode())
        for pattern in DRAWN_BY:
            for file in sorted(ROOT.glob(pattern)):
                digest.update(file.read_bytes())
        return f"city_{self.open}_{digest.hexdigest()[:12]}"


def prepare(city: City) -> str:
    """Make DATABASE a fresh copy of the city, drawing it first where there is none; says what it did."""
    with session() as connection:
        was_drawn = not _has_fresh(connection, city.template)
        if was_drawn:
            _draw(connection, city)
        _manage(city, "migrate", "--verbosity=0")
        _copy(connection, city.template)
    return f"{'drew' if was_drawn else 'reused'} {city.template}"


def _has_fresh(connection: "Connection[tuple[Any, ...]]", template: str) -> bool:
    """Whether the template is there and young; drops all other cities, which only take room."""
    found = False
    rows = connection.execute(
        "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname LIKE 'city\\_%'"
    )
    for name, drawn_at in rows.fetchall():
        is_young = drawn_at and datetime.now(UTC) - datetime.fromisoformat(drawn_at) < KEEPS
        if name == template and is_young:
            found = True
        else:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    return found


def _draw(connection: "Connection[tuple[Any, ...]]", city: City) -> None:
    """A comment with the date is set last: a city broken off half-way has none."""
    name = sql.Identifier(city.template)
    connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    _manage(city, "migrate", "--verbosity=0")
    _manage(city, "load_materials")
    size = [f"--pickups={city.pickups}", f"--open={city.open}"]
    people = [f"--collectors={city.collectors}", f"--swipes={city.swipes}", f"--seed={city.seed}"]
    _manage(city, "generate_city", *size, *people)
    date = datetime.now(UTC).isoformat()
    connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(date)))


def _manage(city: City, *command: str) -> None:
    environment = os.environ | {"POSTGRES_DB": city.template}
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True, stdout=sys.stderr)


def _copy(connection: "Connection[tuple[Any, ...]]", template: str) -> None:
    copy = sql.Identifier(DATABASE)
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(copy))
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(copy, sql.Identifier(template))
    )
    # What the copy left to write must not be written while something is measured.
    connection.execute("CHECKPOINT")
