"""The deck's own statement: beside the bare nearest twenty at the same places, and while pickups come and go."""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from django.db import connection
from rest_framework.test import APIClient

from benchmarks.city import DATABASE
from benchmarks.people import Person
from benchmarks.postgres import POSTGRES_BIN, Prepared, pgbench, session
from benchmarks.rows import Row
from geo.models import Collector, Material
from geo.selectors.deck_sql import point_on_map

SECONDS = 5
AGAIN = "bin/bench deck"
RADIUS_M = 20_000
# Mountains and borders, far from every town of the generated Thailand; and the open sea.
RURAL = [(19.15, 101.1), (18.9, 97.75), (16.0, 98.85), (12.9, 99.4), (15.0, 98.6)]
SEA = [(10.5, 101.0), (9.0, 101.5), (8.5, 97.4)]
# Who is given thousands of swipes.
HEAVY = 5
FLOOR_IS = "SELECT id ... ORDER BY cell <-> point LIMIT 20, at the same places, pgbench -M prepared -c 1"
TIMES = 1_500
WRITES_PER_S = 100
_SEEN = """
INSERT INTO geo_swipe (id, pickup_id, collector_id, direction, reason, like_state, pickup_revision, swiped_at)
SELECT gen_random_uuid(), id, %(viewer)s, 'pass', '', '', 1, now()
FROM (SELECT id FROM geo_pickup WHERE status = 'open'
      ORDER BY cell <-> %(point)s::geometry LIMIT %(count)s) AS near
ON CONFLICT (collector_id, pickup_id) DO NOTHING
"""
_COMINGS_AND_GOINGS = """
\\set number random(1, 5000)
UPDATE geo_pickup SET status = CASE status WHEN 'open' THEN 'matched' ELSE 'open' END, updated_at = now()
WHERE id = (SELECT id FROM bench_churn WHERE number = :number);
"""


Deck: TypeAlias = list[Prepared]


def measure_sql(collectors: Sequence[Person]) -> Iterator[Row]:
    """Rare material, the country, the sea, decks among writes, and decks of those who have seen much."""
    rare = _material_of_one_in(100)
    yield _row("deck_sql_rare", 4, [deck_of(person, materials=rare.code) for person in collectors],
               [service_point_of(person) for person in collectors],
               note=f"material {rare.code}, radius {RADIUS_M} m")  # fmt: skip
    for row, places, note in (("rural", RURAL, "five places far from towns"), ("empty", SEA, "far out in the gulf")):
        yield _row(f"deck_sql_{row}", 4, [deck_of(collectors[0], lat=lat, lon=lon) for lat, lon in places],
                   places, note=note)  # fmt: skip
    yield _under_writes([deck_of(person) for person in collectors])
    for count, target in ((5_000, 5), (20_000, 20)):
        heavy = collectors[:HEAVY]
        for person in heavy:
            _see(person, count)
        decks = [deck_of(person) for person in heavy]
        yield _row(f"deck_sql_seen_{count}", target, decks, [service_point_of(person) for person in heavy],
                   note=f"{HEAVY} collectors have swiped the nearest {count:,} open pickups; radius {RADIUS_M} m;"
                        f" {sum(map(len, decks))} statements")  # fmt: skip


def deck_of(person: Person, **wishes: Any) -> Deck:
    """The very statements with which `GET /deck` finds this person's cards, within `RADIUS_M`."""
    seen: Deck = []
    phone = APIClient()
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {person.token}", HTTP_HOST="127.0.0.1")
    with connection.execute_wrapper(_Notes(seen)):
        answer = phone.get("/api/v1/deck", {"radius_m": RADIUS_M} | wishes)
    if answer.status_code != 200 or not seen:
        raise RuntimeError(f"GET /deck: {answer.status_code}, {len(seen)} statements order by distance")
    return seen


@dataclass
class _Notes:
    """Writes down every statement that orders by distance."""

    seen: Deck

    def __call__(self, execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        """What Django calls around each statement."""
        if "map_distance" in statement:
            self.seen.append(Prepared(statement, params))
        return execute(statement, params, many, context)


def service_point_of(person: Person) -> tuple[float, float]:
    """Latitude and longitude."""
    point = Collector.objects.get(pk=person.user.pk).service_point
    return point.y, point.x


def bare_sql(lat: float, lon: float) -> str:
    """The nearest twenty open pickups and nothing else."""
    place = f"'{point_on_map(lat, lon)}'::geometry"
    return f"SELECT id FROM geo_pickup WHERE status = 'open' ORDER BY cell <-> {place} LIMIT 20"


def sql_p99_ms(decks: Sequence[Deck], times: int = TIMES) -> float:
    """The 99th percentile of one session that runs prepared statements one after the other."""
    taken = []
    with session(DATABASE) as client:
        for number in range(times + len(decks)):
            started = time.perf_counter()
            for part in decks[number % len(decks)]:
                client.execute(part.statement.encode(), part.values, prepare=True).fetchall()
            taken.append(time.perf_counter() - started)
    return statistics.quantiles(taken[len(decks) :], n=100)[98] * 1000


def _under_writes(decks: Sequence[Deck]) -> Row:
    quiet = sql_p99_ms(decks)
    with _writes():
        busy = sql_p99_ms(decks)
    return Row(
        row="deck_under_writes_p99", value=busy, unit="ms", floor=quiet, target=1.5, at_most=True,
        floor_is="the same decks, one session, while nothing is written", repeat=AGAIN,
        note=f"{WRITES_PER_S} pickups a second open or close",
    )  # fmt: skip


@contextmanager
def _writes() -> Iterator[None]:
    with session(DATABASE) as client:
        client.execute("CREATE TABLE bench_churn (number serial PRIMARY KEY, id uuid NOT NULL)")
        client.execute("INSERT INTO bench_churn (id) SELECT id FROM geo_pickup WHERE status = 'open' LIMIT 5000")
        client.execute("ANALYZE bench_churn")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "writes.sql"
        script.write_text(_COMINGS_AND_GOINGS, encoding="utf-8")
        writer = subprocess.Popen(
            [str(POSTGRES_BIN / "pgbench"), "-n", "-M", "prepared", "-h", os.environ["POSTGRES_HOST"],
             "-U", os.environ["POSTGRES_USER"], "-c", "4", "-R", str(WRITES_PER_S), "-T", "600", "-f", str(script),
             DATABASE],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield
        finally:
            writer.terminate()
            writer.wait()


def _row(row: str, target: float, decks: list[Deck], places: Sequence[tuple[float, float]], note: str) -> Row:
    floors = [bare_sql(*place) for place in places]
    pgbench(DATABASE, decks, clients=1, seconds=2)
    return Row(
        row=row,
        value=1000 / pgbench(DATABASE, decks, clients=1, seconds=SECONDS),
        unit="ms",
        floor=1000 / pgbench(DATABASE, floors, clients=1, seconds=SECONDS),
        target=target,
        at_most=True,
        floor_is=FLOOR_IS,
        repeat=AGAIN,
        note=note,
    )


def _material_of_one_in(pickups: int) -> Material:
    """The material whose share of the open pickups comes nearest to this."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT material_id FROM (SELECT unnest(material_ids) AS material_id FROM geo_pickup "
            "TABLESAMPLE SYSTEM (5) REPEATABLE (1) WHERE status = 'open') AS one GROUP BY 1 "
            "ORDER BY abs(count(*)::float / (SELECT count(*) FROM geo_pickup TABLESAMPLE SYSTEM (5) REPEATABLE (1) "
            "WHERE status = 'open') - 1.0 / %s) LIMIT 1",
            [pickups],
        )
        ((material_id,),) = cursor.fetchall()
    return Material.objects.get(pk=material_id)


def _see(person: Person, count: int) -> None:
    pass_on_nearest(person, count)
    with connection.cursor() as cursor:
        # So many swipes in one moment leave what autovacuum would clear away between the swipes of a month.
        cursor.execute("VACUUM (ANALYZE) geo_swipe, geo_tile_swiped, geo_sheet_swiped")


def pass_on_nearest(person: Person, count: int) -> None:
    """On so many open pickups, in one statement."""
    with connection.cursor() as cursor:
        point = point_on_map(*service_point_of(person))
        cursor.execute(_SEEN, {"viewer": person.user.pk, "point": point, "count": count})
