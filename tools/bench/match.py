"""Matching: a like over HTTP that makes a match, beside the bare conditional UPDATE, and rings in a large city."""

import gc
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from uuid import UUID

from django.conf import settings
from django.contrib.gis.geos import Point, Polygon
from django.db import connection, transaction
from django.test import override_settings

from geo.grid import on_map
from geo.matching.selectors import collectors_near
from geo.matching.services.rings import start_rings, tell_ring
from geo.models import Material, Pickup, Ring
from notifications.models import Event
from tools.bench import servers
from tools.bench.city import DATABASE
from tools.bench.load import Load, request_bytes, run_load
from tools.bench.people import Person, sign_in
from tools.bench.postgres import pgbench
from tools.bench.rows import Row

# Connections; the floor has as many sessions.
CLIENTS = 16
# They like in turn, so that none has a thousand active matches, which the service counts with each like.
COLLECTORS = 800
SECONDS = 8
# More than a fast machine claims in the time: of these at most HTTP_CLAIMS_MAX by HTTP, the others in pgbench.
CLAIMS_MAX = 60_000
HTTP_CLAIMS_MAX = 16_000
CLAIM = b'{"direction": "like"}'
# Each transaction claims another open pickup; on a closed one the statement would write nothing.
CLAIM_SQL = """
\\set number :number + 1
\\set mine :client_id * {each} + :number
UPDATE geo_pickup SET status = 'matched', updated_at = now()
WHERE id = (SELECT id FROM bench_claim WHERE number = :mine) AND status = 'open';
"""
# --- Rings
RING_COLLECTORS = 50_000
RING_PICKUPS = 60
AROUND_M = 15_000
EMPTY = 20
TARGET_MS = 50
# The collectors notified of one pickup, within this radius.
NOTIFIED = 5_000
METRES = 20_000
NOON_UTC = 5
# Bangkok: two in three within 12 km of its middle. Every second collector takes all materials, the others two thirds.
_PEOPLE_SQL = """
INSERT INTO accounts_user (id, password, is_superuser, display_name, locale, avatar_colour, is_active, is_staff,
                           created_at)
SELECT gen_random_uuid(), '!', false, 'Ring ' || number, 'th', '#15803d', true, false, now()
FROM generate_series(1, %(count)s) AS number
"""
_COLLECTORS_SQL = """
INSERT INTO geo_collector (user_id, service_point, radius_m, material_ids, vehicle, bio, is_available, has_hazard_badge,
                           updated_at)
SELECT id, ST_MakePoint(100.52 + far * sin(angle) / 0.97, 13.75 + far * cos(angle))::geography, 5000 + 1000 * (n %% 16),
       CASE WHEN n %% 2 = 0 THEN '{}'::int[] ELSE chosen END, '', '', true, false, now()
FROM (SELECT id, row_number() OVER () AS n, 0.075 * sqrt(-2 * ln(1 - random())) AS far, 2 * pi() * random() AS angle
      FROM accounts_user WHERE display_name LIKE 'Ring %%') AS person
CROSS JOIN LATERAL (SELECT array_agg(id::int) AS chosen FROM geo_material
                    WHERE NOT is_hazardous AND (position * 7 + n) %% 3 < 2) AS material
"""


def measure() -> Iterator[Row]:
    """Measure claims and rings."""
    collectors = sign_in("Collector", COLLECTORS)
    pickups = first_come_pickups(collectors)
    split = min(len(pickups) // 2, HTTP_CLAIMS_MAX)
    with servers.web() as server:
        load = run_load(server.port, _likes(collectors, pickups[:split]), seconds=SECONDS)
    _require_matches(load)
    store_claims(pickups[split:])
    yield Row(
        row="claim_http_rate",
        value=load.rate,
        unit="match/s",
        floor=_claims_of_pgbench(len(pickups) - split),
        target=0.05,
        at_most=False,
        floor_is=f"UPDATE ... SET status = 'matched' WHERE id = ? AND status = 'open', committed, pgbench -c {CLIENTS}",
        repeat="bin/bench match",
        note=f"p99 {load.p99_ms:.0f} ms with {CLIENTS} connections; {load.note}; "
        "the floor writes one row, a claim several",
    )
    yield measure_ring()


def _claims_of_pgbench(pickups: int) -> float:
    """Return the claims per second, until each client has claimed its share."""
    each = pickups // CLIENTS
    return pgbench(DATABASE, [CLAIM_SQL.format(each=each)], clients=CLIENTS, transactions=each, number=0)


def first_come_pickups(collectors: list[Person]) -> list[str]:
    """Return open pickups that go to the first collector, and on which none of these has swiped."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id::text FROM geo_pickup WHERE status = 'open' AND choose = 'first' AND NOT EXISTS (
                SELECT FROM geo_swipe WHERE pickup_id = geo_pickup.id AND collector_id = ANY (%s))
            ORDER BY md5(id::text) LIMIT %s
            """,
            [[person.user.pk for person in collectors], CLAIMS_MAX],
        )
        return [pickup for (pickup,) in cursor.fetchall()]


def _likes(collectors: list[Person], pickups: list[str]) -> list[Iterator[bytes]]:
    """Return the requests of each connection, with collectors and pickups of its own."""

    def requests_of(number: int) -> Iterator[bytes]:
        people = cycle(collectors[number::CLIENTS])
        for pickup, person in zip(pickups[number::CLIENTS], people, strict=False):
            yield request_bytes("PUT", f"/api/v1/pickups/{pickup}/swipe", person.token, CLAIM)

    return [requests_of(number) for number in range(CLIENTS)]


def _require_matches(load: Load) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM geo_match WHERE status = 'active'")
        (matches,) = cursor.fetchone() or (0,)
    # Likes of the warm-up and of the last moment match too, but are not counted.
    if set(load.statuses) != {200} or matches < len(load.latencies_s):
        raise RuntimeError(f"{load.note}, but {matches} matches were made")


def store_claims(pickups: list[str]) -> None:
    """Store these pickups with numbers from 1, for pgbench to claim."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_claim")
        cursor.execute("CREATE TABLE bench_claim (number int PRIMARY KEY, id uuid NOT NULL)")
        cursor.execute(
            "INSERT INTO bench_claim SELECT number, id FROM unnest(%s::uuid[]) WITH ORDINALITY AS row (id, number)",
            [pickups],
        )
        cursor.execute("ANALYZE bench_claim")


def measure_ring() -> Row:
    """Measure every ring of pickups near the middle of a large city, each without the collectors notified before."""
    draw_collectors()
    pickups = pickups_around()
    # Otherwise a full garbage collection during one ring takes 60 ms.
    gc.collect()
    gc.freeze()
    found = [milliseconds for pickup in pickups for milliseconds in _rings_of(pickup)]
    empty = [milliseconds for pickup in pickups[:EMPTY] for milliseconds in _empty_rings(pickup)]
    return Row(
        row="ring_sql_ms",
        value=max(*found, *empty),
        unit="ms",
        floor=1,
        target=TARGET_MS,
        at_most=True,
        floor_is="one millisecond",
        repeat="bin/bench match",
        note=f"the longest of {len(found)} rings, and of {len(empty)} of {settings.RINGS[-1][0] // 1000} km that find "
        f"none, among {RING_COLLECTORS} collectors in one city; median "
        f"{statistics.median(found):.1f} ms, p99 {statistics.quantiles(found, n=100)[98]:.1f} ms, "
        f"empty {statistics.median(empty):.1f} ms",
    )


def measure_ring_rows() -> Row:
    """Count the rows that posting a pickup amid thousands of collectors writes; a worker notifies them later."""
    draw_collectors()
    now = datetime.now(UTC).replace(hour=NOON_UTC)
    pickup = next(pickup for pickup in pickups_around() if pickup.is_open_at(now))
    Ring.objects.filter(pickup=pickup).delete()
    with override_settings(RINGS=[(METRES, 0)], RING_COLLECTORS_MAX=NOTIFIED), transaction.atomic():
        start_rings(pickup=pickup, now=now)
        written = _rows_inserted()
    before = Event.objects.count()
    started = time.perf_counter()
    with override_settings(RINGS=[(METRES, 0)], RING_COLLECTORS_MAX=NOTIFIED):
        tell_ring(pickup_id=pickup.pk, now=now)
    seconds, notified = time.perf_counter() - started, Event.objects.count() - before
    if notified != NOTIFIED:
        raise RuntimeError(f"{notified} collectors were notified, not {NOTIFIED}")
    return Row(
        row="push_ring_rows",
        value=written,
        unit="row",
        floor=1,
        target=1,
        at_most=True,
        floor_is="one row",
        repeat="bin/bench push",
        note=f"written when a pickup is posted amid {NOTIFIED} collectors; all are notified later in {seconds:.2f} s",
    )


def draw_collectors() -> None:
    """Insert the collectors of a large city."""
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE_SQL, {"count": RING_COLLECTORS})
        cursor.execute(_COLLECTORS_SQL, [])
        cursor.execute("ANALYZE accounts_user")
        cursor.execute("ANALYZE geo_collector")


def pickups_around() -> list[Pickup]:
    """Return open pickups around the middle of the city."""
    middle = on_map(Point(100.52, 13.75, srid=4326))
    around = Polygon.from_bbox((middle.x - AROUND_M, middle.y - AROUND_M, middle.x + AROUND_M, middle.y + AROUND_M))
    around.srid = middle.srid
    return list(Pickup.objects.filter(status=Pickup.Status.OPEN, cell__within=around)[:RING_PICKUPS])


def _rings_of(pickup: Pickup) -> Iterator[float]:
    """Yield the milliseconds of each ring of this pickup."""
    notified: list[UUID] = []
    for metres, _ in settings.RINGS:
        milliseconds, found = _run_ring(pickup, metres, notified, datetime.now(UTC))
        yield milliseconds
        notified += found


def _empty_rings(pickup: Pickup) -> Iterator[float]:
    """Yield the milliseconds of the widest ring without a badge, recent activity, or room for a match."""
    hazardous = Pickup.objects.get(pk=pickup.pk)
    hazardous.material_ids = list(Material.objects.filter(is_hazardous=True).values_list("pk", flat=True))
    now = datetime.now(UTC)
    yield _measure_empty(hazardous, now)
    yield _measure_empty(pickup, now + timedelta(days=settings.RING_ACTIVE_DAYS + 1))
    with override_settings(MATCHES_ACTIVE_MAX=0):
        yield _measure_empty(pickup, now)


def _measure_empty(pickup: Pickup, now: datetime) -> float:
    milliseconds, found = _run_ring(pickup, settings.RINGS[-1][0], [], now)
    if found:
        raise RuntimeError("a ring that should be empty found a collector")
    return milliseconds


def _run_ring(pickup: Pickup, metres: int, notified: list[UUID], now: datetime) -> tuple[float, list[UUID]]:
    """Run the service's query of one ring; return its milliseconds and the collectors found."""
    started = time.perf_counter()
    found = collectors_near(pickup, radius_m=metres, notified=notified, now=now)
    milliseconds = (time.perf_counter() - started) * 1000
    return milliseconds, [one.user_id for one in found]


def _rows_inserted() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_tup_ins) FROM pg_stat_xact_user_tables")
        return int(cursor.fetchone()[0])
