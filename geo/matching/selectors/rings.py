"""Who is near a new pickup, nearest first.

Like the deck, it knows the pickup by the centre of its square alone: what a collector is told, and when, says no more
than a card does. A walk on `collector_spot` brings the nearest 2,000 by distance, which in a city is enough for a ring
to find all it may tell. Where it is not, because few fit, a sweep takes all in the box without any order and sorts
those who fit: to walk through 50,000 in order costs five times as much. Who fits by his profile may still have no room;
so much is looked up for the nearest 1,000 who fit (more where more may be told), and for nobody behind them.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from geo.distance import round_distance
from geo.grid import in_degrees, stretch_at
from geo.models import Pickup


@dataclass(frozen=True)
class Nearby:
    """A collector, and the metres from their service point to the pickup's square, to the nearest 100."""

    user_id: uuid.UUID
    distance_m: int


# What a collector's own row says, and lists that are made once; it costs next to nothing.
_FITS = """
    spot <-> {cell} <= LEAST(%(map_radius)s, radius_m * %(stretch)s::float8)
    AND (material_ids = '{{}}' OR material_ids && %(materials)s::int[])
    AND (has_hazard_badge OR NOT %(is_hazardous)s)
    AND (updated_at >= %(since)s OR signed_in_at >= %(since)s)
    AND user_id <> ALL (%(told)s::uuid[])
    AND user_id NOT IN (
        SELECT blocked_id FROM accounts_block WHERE blocker_id = %(resident)s
        UNION ALL SELECT blocker_id FROM accounts_block WHERE blocked_id = %(resident)s
        UNION ALL SELECT collector_id FROM geo_swipe WHERE pickup_id = %(pickup)s
        UNION ALL SELECT %(resident)s::uuid)
"""
_WITHIN = "is_available AND spot && ST_Expand({cell}, %(map_radius)s)"
_WALK = (
    "SELECT user_id, spot <-> {cell} AS map_distance, ({fits}) AS fits FROM geo_collector\n"
    "    WHERE {within} ORDER BY spot <-> {cell} LIMIT %(walk)s"
)
_SWEEP = "SELECT user_id, spot <-> {cell} AS map_distance, true AS fits FROM geo_collector WHERE {within} AND {fits}"
# The rest is looked up for the nearest who fit, until enough are found.
_NEAREST = """
WITH seen AS MATERIALIZED ({seen}),
     fitting AS MATERIALIZED (SELECT * FROM seen WHERE fits ORDER BY map_distance LIMIT %(asked)s)
SELECT looked.seen, looked.fitting, near.user_id, near.map_distance
FROM (SELECT (SELECT count(*) FROM seen) AS seen, (SELECT count(*) FROM fitting) AS fitting) AS looked
LEFT JOIN LATERAL (
    SELECT user_id, map_distance FROM fitting AS collector
    WHERE (SELECT is_active AND (paused_until > %(now)s) IS NOT TRUE FROM accounts_user WHERE id = collector.user_id)
      AND (SELECT count(*) FROM geo_match WHERE collector_id = collector.user_id AND status = 'active') < %(matches)s
      AND (SELECT count(*) FROM geo_swipe WHERE collector_id = collector.user_id AND like_state = 'waiting') < %(likes)s
    LIMIT %(limit)s
) AS near ON true
"""
WALK_MAX = 2_000
ASKED_MAX = 1_000


def nearest_sql(
    pickup: Pickup, *, radius_m: int, told: Collection[uuid.UUID], now: datetime, sweep: bool = False
) -> tuple[str, dict[str, Any]]:
    """The statement and its parameters; rows are (seen, fitting, user id, metres on the map)."""
    cell = "ST_Point(%(x)s, %(y)s, 3857)"
    parts = {"cell": cell, "fits": _FITS.format(cell=cell), "within": _WITHIN.format(cell=cell)}
    return _NEAREST.format(seen=(_SWEEP if sweep else _WALK).format(**parts)), {
        "walk": WALK_MAX,
        "asked": _asked(),
        "x": pickup.cell.x,
        "y": pickup.cell.y,
        "map_radius": radius_m * _stretch(pickup),
        "stretch": _stretch(pickup),
        "materials": pickup.material_ids,
        "is_hazardous": pickup.is_hazardous,
        "told": list(told),
        "resident": pickup.resident_id,
        "pickup": pickup.pk,
        "now": now,
        "since": now - timedelta(days=settings.RING_ACTIVE_DAYS),
        "matches": settings.MATCHES_ACTIVE_MAX,
        "likes": settings.LIKES_WAITING_MAX,
        "limit": settings.RING_COLLECTORS_MAX,
    }


def collectors_near(pickup: Pickup, *, radius_m: int, told: Collection[uuid.UUID], now: datetime) -> list[Nearby]:
    """Whom to tell of an open pickup within `radius_m`, at most `RING_COLLECTORS_MAX`, without those `told` before.

    They are at work, have been active, take one of its materials within their own circle, have room for more, have
    not swiped it, and neither is nor has blocked its resident.
    """
    seen, fitting, near = _look(pickup, radius_m, told, now, sweep=False)
    if seen == WALK_MAX and fitting < _asked() and len(near) < settings.RING_COLLECTORS_MAX:
        _, _, near = _look(pickup, radius_m, told, now, sweep=True)
    return near


def _asked() -> int:
    """For how many who fit their room is looked up: never fewer than may be told."""
    told_max: int = settings.RING_COLLECTORS_MAX
    return max(ASKED_MAX, told_max)


def _look(
    pickup: Pickup, radius_m: int, told: Collection[uuid.UUID], now: datetime, *, sweep: bool
) -> tuple[int, int, list[Nearby]]:
    """How many collectors were seen, how many of them fit by their own rows, and those found."""
    with connection.cursor() as cursor:
        cursor.execute(*nearest_sql(pickup, radius_m=radius_m, told=told, now=now, sweep=sweep))
        rows = cursor.fetchall()
    near = [Nearby(user_id, round_distance(map_m / _stretch(pickup))) for *_, user_id, map_m in rows if user_id]
    return rows[0][0], rows[0][1], near


def _stretch(pickup: Pickup) -> float:
    """Map metres per metre of ground where the pickup is; within the widest ring it changes by less than 1 in 100."""
    return stretch_at(in_degrees(pickup.cell).y)
