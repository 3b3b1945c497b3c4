"""The generated city: drawn once into a template database and copied for every group."""

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
# The pickups of an older city begin to expire.
KEEPS = timedelta(days=4)
# A change in these files makes another city; migrations bring new tables and columns to an existing one.
DRAWN_BY = ("tools/demo_city/generated_city.py", "tools/demo_city/towns.csv", "geo/data/*.csv")


@dataclass(frozen=True)
class City:
    """The size of a generated city."""

    pickups: int
    open: int
    collectors: int
    swipes: int
    seed: int

    @property
    def template(self) -> str:
        """The name of the template database: its size, and a hash of the parameters and the code that draws it."""
        digest = hashlib.sha256(repr(astuple(self)).encode())
        for pattern in DRAWN_BY:
            for file in sorted(ROOT.glob(pattern)):
                digest.update(file.read_bytes())
        return f"city_{self.open}_{digest.hexdigest()[:12]}"


def prepare(city: City) -> str:
    """Replace DATABASE by a copy of the city, drawn first if there is none; return a note of what was done."""
    with session() as connection:
        was_drawn = not _has_fresh(connection, city.template)
        if was_drawn:
            _draw(connection, city)
        _manage(city, "migrate", "--verbosity=0")
        _copy(connection, city.template)
    return f"{'drew' if was_drawn else 'reused'} {city.template}"


def _has_fresh(connection: "Connection[tuple[Any, ...]]", template: str) -> bool:
    """Tell whether the template exists and is recent enough; drop all other cities."""
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
    """Create and fill the template. Its comment, the date, is set last, so that an incomplete city has none."""
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
    # Dirty pages of the copy must not be written during a measurement.
    connection.execute("CHECKPOINT")
