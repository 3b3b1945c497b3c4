"""The deck over HTTP, as a phone requests it, and its statement alone, beside the bare nearest twenty."""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any, TypeAlias
from urllib.parse import urlencode

from django.db import connection
from rest_framework.test import APIClient

from geo.models import Collector, Material
from tools.bench import servers
from tools.bench.city import DATABASE
from tools.bench.load import Load, request_bytes, run_load
from tools.bench.people import Person, sign_in
from tools.bench.postgres import POSTGRES_BIN, Prepared, pgbench, session, statements_taken
from tools.bench.rows import Row

AGAIN = "bin/bench deck"
COLLECTORS = 100
# --- Over HTTP
CLIENTS = 16
HTTP_SECONDS = 6
# pgbench plans the statements of every viewer once in each session; this many viewers and seconds keep that below 5 %.
VIEWERS = 32
FLOOR_SECONDS = 12
REQUESTS = 16_000
HTTP_RADIUS_M = 10_000
MATERIALS = 6
# Each request comes from another place, up to about a kilometre from the collector's service point.
JITTER_DEGREES = 0.01
# --- The statement alone
SECONDS = 5
RADIUS_M = 20_000
# Mountains and borders, far from every town of the generated Thailand; and the open sea.
RURAL = [(19.15, 101.1), (18.9, 97.75), (16.0, 98.85), (12.9, 99.4), (15.0, 98.6)]
SEA = [(10.5, 101.0), (9.0, 101.5), (8.5, 97.4)]
# Collectors who get thousands of swipes: how many swipes, and the target of the row.
HEAVY = 5
SEEN: dict[int, float | None] = {1_000: 20, 5_000: None, 20_000: None}
# pgbench plans each of a hundred scripts once, which the service does once for all: a twentieth of six seconds.
PLAIN_SECONDS = 18
FLOOR_IS = "SELECT id ... ORDER BY cell <-> point LIMIT 20, at the same places, pgbench -M prepared -c 1"
TIMES = 1_500
WRITES_PER_S = 100
_SEEN = """
INSERT INTO geo_swipe (id, pickup_id, collector_id, direction, reason, like_state, pickup_revision, swiped_at)
SELECT gen_random_uuid(), id, %(viewer)s, 'pass', '', '', 1, now()
FROM (SELECT id FROM geo_pickup WHERE status = 'open'
      ORDER BY cell <-> ST_Transform(ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), 3857) LIMIT %(count)s) AS near
ON CONFLICT (collector_id, pickup_id) DO NOTHING
"""
_TOGGLE_STATUS = """
\\set number random(1, 5000)
UPDATE geo_pickup SET status = CASE status WHEN 'open' THEN 'matched' ELSE 'open' END, updated_at = now()
WHERE id = (SELECT id FROM bench_churn WHERE number = :number);
"""
Deck: TypeAlias = list[Prepared]


def measure() -> Iterator[Row]:
    """Measure the deck over HTTP and its SQL."""
    collectors = sign_in("Collector", COLLECTORS)
    yield from _measure_http(collectors[:VIEWERS])
    yield from _measure_sql(collectors)


def _measure_http(viewers: Sequence[Person]) -> Iterator[Row]:
    materials = _common_materials()
    queries = list(_queries(viewers, materials))
    requests = [request_bytes("GET", f"/api/v1/deck?{query}", person.token) for person, query in queries]
    with servers.web() as server:
        full = _load(server.port, requests)
        half = run_load(server.port, [cycle(requests)], seconds=HTTP_SECONDS)
    decks = [deck_statements(person, **_query_of(*service_point_of(person), materials)) for person in viewers]
    yield Row(
        row="deck_http_rate",
        value=full.rate,
        unit="req/s",
        floor=pgbench(DATABASE, decks, clients=CLIENTS, seconds=FLOOR_SECONDS),
        target=0.40,
        at_most=False,
        floor_is=f"the statements of such a request in pgbench -M prepared -c {CLIENTS}",
        repeat=AGAIN,
        note=f"{len(decks[0])} statements a request; with lat, lon, radius_m and {MATERIALS} materials; "
        f"p99 {full.p99_ms:.0f} ms with {CLIENTS} connections; {full.note}",
    )
    yield Row(
        row="deck_http_p99",
        value=half.p99_ms,
        unit="ms",
        floor=p99_ms(decks),
        target=4,
        at_most=True,
        floor_is="p99 of the same statements, prepared, one session",
        repeat=AGAIN,
        note=f"one connection: {half.rate / full.rate:.0%} of the rate above; {half.note}",
    )
    with servers.stock(viewers) as stock:
        theirs = _load(stock.server.port, [stock.get(person, f"/deck?{query}") for person, query in queries])
    yield Row(
        row="deck_http_vs_stock", value=full.rate, unit="req/s", floor=theirs.rate, target=10, at_most=False,
        floor_is=servers.STOCK_PEER, repeat=AGAIN, note=theirs.note,
    )  # fmt: skip


def _load(port: int, requests: Sequence[bytes]) -> Load:
    """Send these requests over all connections. Raises RuntimeError when one fails."""
    load = run_load(port, [cycle(requests[number::CLIENTS]) for number in range(CLIENTS)], seconds=HTTP_SECONDS)
    if set(load.statuses) != {200}:
        raise RuntimeError(f"GET /deck: {load.note}")
    return load


def _queries(viewers: Sequence[Person], materials: str) -> Iterator[tuple[Person, str]]:
    """Yield the query strings of all viewers in turn, each for a place of its own."""
    random = Random(1)
    points = [service_point_of(person) for person in viewers]

    def near(degrees: float) -> float:
        return round(degrees + random.uniform(-JITTER_DEGREES, JITTER_DEGREES), 6)

    turns = zip(range(REQUESTS), cycle(zip(viewers, points, strict=True)), strict=False)
    for _, (person, (lat, lon)) in turns:
        yield person, urlencode(_query_of(near(lat), near(lon), materials))


def _query_of(lat: float, lon: float, materials: str) -> dict[str, object]:
    return {"lat": lat, "lon": lon, "radius_m": HTTP_RADIUS_M, "materials": materials}


def _common_materials() -> str:
    """Return the codes of the first materials of the catalogue, as the query string takes them."""
    materials = Material.objects.filter(is_active=True, is_hazardous=False).order_by("position", "pk")
    return ",".join(materials.values_list("code", flat=True)[:MATERIALS])


def _measure_sql(collectors: Sequence[Person]) -> Iterator[Row]:
    """Measure plain decks, a rare material, empty areas, decks among writes, and collectors who have swiped much."""
    places = [service_point_of(person) for person in collectors]
    plain = [deck_of(person) for person in collectors]
    yield _sql_row(
        "plain", 3, plain, places, note=f"{len(places)} collectors, radius {RADIUS_M} m", seconds=PLAIN_SECONDS
    )
    rare = _material_of_one_in(100)
    decks = [deck_of(person, materials=rare.code) for person in collectors]
    yield _sql_row("rare", 4, decks, places, note=f"material {rare.code}, radius {RADIUS_M} m")
    for row, far, note in (("rural", RURAL, "five places far from towns"), ("empty", SEA, "far out in the gulf")):
        yield _sql_row(row, 4, [deck_of(collectors[0], lat=lat, lon=lon) for lat, lon in far], far, note=note)
    yield _under_writes(plain)
    for count, target in SEEN.items():
        yield _row_of_seen(collectors[:HEAVY], count, target)


def _row_of_seen(heavy: Sequence[Person], count: int, target: float | None) -> Row:
    for person in heavy:
        pass_on_nearest(person, count)
    with connection.cursor() as cursor:
        # Thousands of swipes at once leave dead rows that autovacuum would remove between the swipes of a month.
        cursor.execute("VACUUM (ANALYZE) geo_swipe")
    decks = [deck_of(person) for person in heavy]
    note = f"{len(heavy)} collectors have swiped the nearest {count:,} open pickups; radius {RADIUS_M} m"
    return _sql_row(f"seen_{count}", target, decks, [service_point_of(person) for person in heavy], note=note)


def deck_of(person: Person, **filters: Any) -> Deck:
    """Return the statements with which `GET /deck` finds this person's cards, within `RADIUS_M`."""
    deck = [part for part in deck_statements(person, **({"radius_m": RADIUS_M} | filters)) if "<->" in part.statement]
    if not deck:
        raise RuntimeError("no statement of GET /deck orders by distance")
    return deck


def deck_statements(person: Person, **query: Any) -> Deck:
    """Return every statement of a `GET /deck`, taken at the cursor; of the second request, when caches are filled."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {person.token}", HTTP_HOST="127.0.0.1")
    client.get("/api/v1/deck", query)
    with statements_taken() as taken:
        response = client.get("/api/v1/deck", query)
    if response.status_code != 200:
        raise RuntimeError(f"GET /deck: {response.status_code} {response.content!r}")
    return taken


def service_point_of(person: Person) -> tuple[float, float]:
    """Return the latitude and longitude of the collector's service point."""
    point = Collector.objects.get(pk=person.user.pk).service_point
    return point.y, point.x


def bare_sql(lat: float, lon: float) -> str:
    """Return the statement of the nearest twenty open pickups and nothing else."""
    place = f"ST_Transform('SRID=4326;POINT({lon} {lat})'::geometry, 3857)"
    return f"SELECT id FROM geo_pickup WHERE status = 'open' ORDER BY cell <-> {place} LIMIT 20"


def p99_ms(decks: Sequence[Deck], times: int = TIMES) -> float:
    """Return the 99th percentile in milliseconds of one session that runs prepared statements one after the other."""
    taken = []
    with session(DATABASE) as client:
        for number in range(times + len(decks)):
            started = time.perf_counter()
            for part in decks[number % len(decks)]:
                client.execute(part.statement.encode(), part.values, prepare=True).fetchall()
            taken.append(time.perf_counter() - started)
    return statistics.quantiles(taken[len(decks) :], n=100)[98] * 1000


def _under_writes(decks: Sequence[Deck]) -> Row:
    quiet = p99_ms(decks)
    with _writes():
        busy = p99_ms(decks)
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
        script.write_text(_TOGGLE_STATUS, encoding="utf-8")
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


def _sql_row(
    name: str,
    target: float | None,
    decks: Sequence[Deck],
    places: Sequence[tuple[float, float]],
    *,
    note: str,
    seconds: int = SECONDS,
) -> Row:
    floors = [bare_sql(*place) for place in places]
    pgbench(DATABASE, decks, clients=1, seconds=2)
    return Row(
        row=f"deck_sql_{name}",
        value=1000 / pgbench(DATABASE, decks, clients=1, seconds=seconds),
        unit="ms",
        floor=1000 / pgbench(DATABASE, floors, clients=1, seconds=seconds),
        target=target,
        at_most=True,
        floor_is=FLOOR_IS,
        repeat=AGAIN,
        note=note,
    )


def _material_of_one_in(pickups: int) -> Material:
    """Return the material whose share of the open pickups comes nearest to this."""
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


def pass_on_nearest(person: Person, count: int) -> None:
    """Store a pass on each of the nearest `count` open pickups."""
    with connection.cursor() as cursor:
        lat, lon = service_point_of(person)
        cursor.execute(_SEEN, {"viewer": person.user.pk, "lat": lat, "lon": lon, "count": count})
