"""The deck's own statement: beside the bare nearest twenty at the same places, and while pickups come and go."""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.contrib.gis.geos import Point
from django.db import connection
from psycopg import ClientCursor

from backend.shared.clock import read_clock
from benchmarks.city import DATABASE
from benchmarks.people import Person
from benchmarks.postgres import POSTGRES_BIN, pgbench, session
from benchmarks.rows import Row
from geo.grid import on_map
from geo.models import Collector, Material
from geo.selectors.deck_sql import DeckQuery, deck_sql

SECONDS = 5
AGAIN = "bin/bench deck"
RADIUS_M = 20_000
# Mountains and borders, far from every town of the generated Thailand; and the middle of the gulf.
RURAL = [(19.15, 101.1), (18.9, 97.75), (16.0, 98.85), (12.9, 99.4), (15.0, 98.6), (10.5, 101.0)]
FLOOR_IS = "SELECT id ... ORDER BY cell <-> point LIMIT 20, at the same places, pgbench -M prepared -c 1"
TIMES = 1_500
WRITES_PER_S = 100
_SEEN = """
INSERT INTO geo_swipe (id, pickup_id, collector_id, direction, reason, like_state, pickup_revision, swiped_at)
SELECT gen_random_uuid(), id, %(viewer)s, 'pass', '', '', 1, now()
FROM (SELECT id FROM geo_pickup WHERE status = 'open'
      ORDER BY cell <-> ST_Point(%(x)s, %(y)s, 3857) LIMIT %(count)s) AS near
ON CONFLICT (collector_id, pickup_id) DO NOTHING
"""
_COMINGS_AND_GOINGS = """
\\set number random(1, 5000)
UPDATE geo_pickup SET status = CASE status WHEN 'open' THEN 'matched' ELSE 'open' END, updated_at = now()
WHERE id = (SELECT id FROM bench_churn WHERE number = :number);
"""


def measure_sql(collectors: Sequence[Person]) -> Iterator[Row]:
    """Rare material, the country, decks of those who have seen much, and decks among writes."""
    profiles = list(Collector.objects.filter(pk__in=[person.user.pk for person in collectors]))
    rare = _material_of_one_in(100)
    places = [profile.service_point for profile in profiles]
    yield _row("deck_sql_rare", 4, [_deck(profile, profile.service_point, [rare.pk]) for profile in profiles], places,
               note=f"material {rare.code}, radius {RADIUS_M} m")  # fmt: skip
    country = [Point(lon, lat, srid=4326) for lat, lon in RURAL]
    yield _row("deck_sql_rural", 4, [_deck(profiles[0], place) for place in country], country,
               note="five places far from towns, and the sea")  # fmt: skip
    yield _under_writes([_deck(profile, profile.service_point) for profile in profiles])
    for count, target in ((5_000, 5), (20_000, 20)):
        heavy = profiles[:3]
        for profile in heavy:
            _see(profile, count)
        decks = [_deck(profile, profile.service_point) for profile in heavy]
        yield _row(f"deck_sql_seen_{count}", target, decks, [profile.service_point for profile in heavy],
                   note=f"the nearest {count:,} open pickups are swiped; radius {RADIUS_M} m")  # fmt: skip


def sql_p99_ms(statements: Sequence[str], times: int = TIMES) -> float:
    """The 99th percentile of one session that runs prepared statements one after the other."""
    taken = []
    with session(DATABASE) as client:
        for number in range(times + len(statements)):
            statement = statements[number % len(statements)].encode()
            started = time.perf_counter()
            client.execute(statement, prepare=True).fetchall()
            taken.append(time.perf_counter() - started)
    return statistics.quantiles(taken[len(statements) :], n=100)[98] * 1000


def _under_writes(decks: Sequence[str]) -> Row:
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


def _row(row: str, target: float, decks: list[str], places: list[Point], note: str) -> Row:
    floors = [_bare(place) for place in places]
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


def _deck(profile: Collector, place: Point, material_ids: Sequence[int] = ()) -> str:
    """The statement, with its values in place."""
    statement, values = deck_sql(
        DeckQuery(
            viewer_id=profile.pk,
            lat=place.y,
            lon=place.x,
            radius_m=RADIUS_M,
            material_ids=material_ids,
            limit=20,
            now=read_clock(),
        )
    )
    with session(DATABASE) as client:
        return ClientCursor(client).mogrify(statement, values)


def _bare(place: Point) -> str:
    spot = on_map(place)
    return (
        "SELECT id FROM geo_pickup WHERE status = 'open' "
        f"ORDER BY cell <-> 'SRID=3857;POINT({spot.x} {spot.y})'::geometry LIMIT 20"
    )


def _material_of_one_in(pickups: int) -> Material:
    """The material whose share of the open pickups comes nearest to this."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT material_id FROM (SELECT unnest(material_ids) AS material_id FROM geo_pickup "
            "TABLESAMPLE SYSTEM (5) WHERE status = 'open') AS one GROUP BY 1 "
            "ORDER BY abs(count(*)::float / (SELECT count(*) FROM geo_pickup TABLESAMPLE SYSTEM (5) "
            "WHERE status = 'open') - 1.0 / %s) LIMIT 1",
            [pickups],
        )
        ((material_id,),) = cursor.fetchall()
    return Material.objects.get(pk=material_id)


def _see(profile: Collector, count: int) -> None:
    spot = on_map(profile.service_point)
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, {"viewer": profile.pk, "x": spot.x, "y": spot.y, "count": count})
        cursor.execute("ANALYZE geo_swipe")
