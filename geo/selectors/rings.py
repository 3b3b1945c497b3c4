"""Who is near a new pickup: one statement on the index of service points, nearest first.

Like the deck, it knows the pickup by the centre of its square alone: what a collector is told, and when, says no more
than a card does. `spot && box` and `ORDER BY spot <-> cell` run on `collector_spot`, and all else is checked row by
row on the way, by scalar subqueries: joins would be made for everybody before the nearest are known.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from geo.grid import in_degrees, stretch_at
from geo.models import Pickup

DISTANCE_STEP_M = 100


@dataclass(frozen=True)
class Nearby:
    """A collector, and the metres from his service point to the pickup's square, to the nearest 100."""

    user_id: uuid.UUID
    distance_m: int


_NEAREST = """
SELECT user_id, spot <-> {cell} AS map_distance
FROM geo_collector AS collector
WHERE is_available
  AND spot && ST_Expand({cell}, %(map_radius)s) AND spot <-> {cell} <= %(map_radius)s
  AND spot <-> {cell} <= radius_m * %(stretch)s::float8
  AND (material_ids = '{{}}' OR material_ids && %(materials)s::int[])
  AND (has_hazard_badge OR NOT ARRAY(SELECT id::int FROM geo_material WHERE is_hazardous) && %(materials)s::int[])
  AND user_id <> ALL (%(told)s::uuid[])
  AND user_id <> ALL (
      ARRAY(SELECT blocked_id FROM accounts_block WHERE blocker_id = %(resident)s
            UNION ALL SELECT blocker_id FROM accounts_block WHERE blocked_id = %(resident)s
            UNION ALL SELECT collector_id FROM geo_swipe WHERE pickup_id = %(pickup)s
            UNION ALL SELECT %(resident)s::uuid))
  AND (SELECT is_active FROM accounts_user WHERE id = collector.user_id)
  AND (updated_at >= %(since)s
       OR (SELECT max(created) FROM accounts_session WHERE user_id = collector.user_id) >= %(since)s)
  AND (SELECT count(*) FROM geo_match WHERE collector_id = collector.user_id AND status = 'active') < %(matches)s
  AND (SELECT count(*) FROM geo_swipe WHERE collector_id = collector.user_id AND like_state = 'waiting') < %(likes)s
ORDER BY spot <-> {cell}
LIMIT %(limit)s
"""


def nearest_sql(
    pickup: Pickup, *, radius_m: int, told: Collection[uuid.UUID], now: datetime
) -> tuple[str, dict[str, Any]]:
    """The statement and its parameters, to be run as they are: by the service, by tests and by the benchmark."""
    return _NEAREST.format(cell="ST_Point(%(x)s, %(y)s, 3857)"), {
        "x": pickup.cell.x,
        "y": pickup.cell.y,
        "map_radius": radius_m * _stretch(pickup),
        "stretch": _stretch(pickup),
        "materials": pickup.material_ids,
        "told": list(told),
        "resident": pickup.resident_id,
        "pickup": pickup.pk,
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
    with connection.cursor() as cursor:
        cursor.execute(*nearest_sql(pickup, radius_m=radius_m, told=told, now=now))
        return [Nearby(user_id, _shown(map_m / _stretch(pickup))) for user_id, map_m in cursor.fetchall()]


def _stretch(pickup: Pickup) -> float:
    """Map metres per metre of ground where the pickup is; within the widest ring it changes by less than 1 in 100."""
    return stretch_at(in_degrees(pickup.cell).y)


def _shown(metres: float) -> int:
    return round(metres / DISTANCE_STEP_M) * DISTANCE_STEP_M
