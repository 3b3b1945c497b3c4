"""Rings of a new pickup among the collectors of a large city: the time of their SQL, and the rows they write."""

import gc
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.gis.geos import Point, Polygon
from django.db import connection, transaction
from django.test import override_settings

from geo.grid import on_map
from geo.matching.selectors.rings import collectors_near
from geo.matching.services.rings import start_rings, tell_ring
from geo.models import Material, Pickup, Ring
from notifications.models import Event
from tools.bench.rows import Row

COLLECTORS = 50_000
PICKUPS = 60
AROUND_M = 15_000
EMPTY = 20
TRIES = 3
TARGET_MS = 50
# The collectors told of one pickup, within this radius.
TOLD = 5_000
METRES = 20_000
NOON_UTC = 5
# Bangkok: two in three within 12 km of its middle. Every second collector takes all materials, the others two thirds.
_PEOPLE = """
INSERT INTO accounts_user (id, password, is_superuser, display_name, locale, avatar_colour, is_active, is_staff,
                           created_at)
SELECT gen_random_uuid(), '!', false, 'Ring ' || number, 'th', '#15803d', true, false, now()
FROM generate_series(1, %(count)s) AS number
"""
_COLLECTORS = """
INSERT INTO geo_collector (user_id, service_point, radius_m, material_ids, vehicle, bio, is_available, has_hazard_badge,
                           updated_at)
SELECT id, ST_MakePoint(100.52 + far * sin(angle) / 0.97, 13.75 + far * cos(angle))::geography, 5000 + 1000 * (n %% 16),
       CASE WHEN n %% 2 = 0 THEN '{}'::int[] ELSE chosen END, '', '', true, false, now()
FROM (SELECT id, row_number() OVER () AS n, 0.075 * sqrt(-2 * ln(1 - random())) AS far, 2 * pi() * random() AS angle
      FROM accounts_user WHERE display_name LIKE 'Ring %%') AS somebody
CROSS JOIN LATERAL (SELECT array_agg(id::int) AS chosen FROM geo_material
                    WHERE NOT is_hazardous AND (position * 7 + n) %% 3 < 2) AS material
"""


def measure_ring() -> Row:
    """Measure every ring of pickups near the middle of a large city, each without the collectors told before."""
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
        f"nobody, among {COLLECTORS} collectors in one city, each the best of {TRIES}; median "
        f"{statistics.median(found):.1f} ms, p99 {statistics.quantiles(found, n=100)[98]:.1f} ms, "
        f"empty {statistics.median(empty):.1f} ms",
    )


def measure_ring_rows() -> Row:
    """Count the rows of posting a pickup amid thousands of collectors; a worker tells them later in one transaction."""
    draw_collectors()
    now = datetime.now(UTC).replace(hour=NOON_UTC)
    pickup = next(pickup for pickup in pickups_around() if pickup.is_open_at(now))
    Ring.objects.filter(pickup=pickup).delete()
    with override_settings(RINGS=[(METRES, 0)], RING_COLLECTORS_MAX=TOLD), transaction.atomic():
        start_rings(pickup=pickup, now=now)
        written = _rows_inserted()
    before = Event.objects.count()
    started = time.perf_counter()
    with override_settings(RINGS=[(METRES, 0)], RING_COLLECTORS_MAX=TOLD):
        tell_ring(pickup_id=pickup.pk, now=now)
    seconds, told = time.perf_counter() - started, Event.objects.count() - before
    if told != TOLD:
        raise RuntimeError(f"{told} collectors were told, not {TOLD}")
    return Row(
        row="push_ring_rows",
        value=written,
        unit="row",
        floor=1,
        target=1,
        at_most=True,
        floor_is="one row",
        repeat="bin/bench push",
        note=f"written when a pickup is posted amid {TOLD} collectors; all are told later in {seconds:.2f} s",
    )


def draw_collectors() -> None:
    """Insert the collectors of a large city."""
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, {"count": COLLECTORS})
        cursor.execute(_COLLECTORS, [])
        cursor.execute("ANALYZE accounts_user")
        cursor.execute("ANALYZE geo_collector")


def pickups_around() -> list[Pickup]:
    """Return open pickups around the middle of the city."""
    middle = on_map(Point(100.52, 13.75, srid=4326))
    around = Polygon.from_bbox((middle.x - AROUND_M, middle.y - AROUND_M, middle.x + AROUND_M, middle.y + AROUND_M))
    around.srid = middle.srid
    return list(Pickup.objects.filter(status=Pickup.Status.OPEN, cell__within=around)[:PICKUPS])


def _rings_of(pickup: Pickup) -> Iterator[float]:
    """Yield the milliseconds of each ring of this pickup."""
    told: list[UUID] = []
    for metres, _ in settings.RINGS:
        milliseconds, found = _measure(pickup, metres, told, datetime.now(UTC))
        yield milliseconds
        told += found


def _empty_rings(pickup: Pickup) -> Iterator[float]:
    """Yield the milliseconds of the widest ring where nobody has the badge, was active, or may take another match."""
    hazardous = Pickup.objects.get(pk=pickup.pk)
    hazardous.material_ids = list(Material.objects.filter(is_hazardous=True).values_list("pk", flat=True))
    now = datetime.now(UTC)
    yield _measure_empty(hazardous, now)
    yield _measure_empty(pickup, now + timedelta(days=settings.RING_ACTIVE_DAYS + 1))
    with override_settings(MATCHES_ACTIVE_MAX=0):
        yield _measure_empty(pickup, now)


def _measure_empty(pickup: Pickup, now: datetime) -> float:
    milliseconds, found = _measure(pickup, settings.RINGS[-1][0], [], now)
    if found:
        raise RuntimeError("a ring that should be empty found somebody")
    return milliseconds


def _measure(pickup: Pickup, metres: int, told: list[UUID], now: datetime) -> tuple[float, list[UUID]]:
    """Run the service's query of one ring; return the milliseconds of the best of `TRIES`, and the collectors found."""
    best = float("inf")
    for _ in range(TRIES):
        started = time.perf_counter()
        found = collectors_near(pickup, radius_m=metres, told=told, now=now)
        best = min(best, (time.perf_counter() - started) * 1000)
    return best, [one.user_id for one in found]


def _rows_inserted() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_tup_ins) FROM pg_stat_xact_user_tables")
        return int(cursor.fetchone()[0])
