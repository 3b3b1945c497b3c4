"""The one statement behind a deck: the nearest cards, complete, in the order in which they are shown.

`cell && box` and `ORDER BY cell <-> point` both run on the partial index `pickup_deck`, which hands rows out by
distance and ends at the box. All other conditions are checked row by row on the way, so that the walk stops with the
last card, however many pickups are open. `WITH TIES` takes the last square whole, so that the newest of it can be
chosen; to sort by time in the walk itself would make the planner read and sort everything within the radius. So would
`ST_DWithin`, which is the same box and the same circle, but is estimated as if its radius were nothing.

Items and photos lie on the pickup's own row (`card`, kept by triggers). Only rows that made it into the deck are joined
with their resident.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import Point

from geo.grid import on_map, stretch_at


@dataclass(frozen=True, kw_only=True)
class DeckQuery:
    """Whose deck, around which point (SRID 4326), how far in metres of ground, and of what; no wish leaves all in.

    With `window_from` and `window_until`, only pickups that can be collected at some time between the two.
    """

    viewer_id: uuid.UUID
    point: Point
    radius_m: int
    material_ids: Sequence[int] | None = None
    kg_min: Decimal | None = None
    price_modes: Sequence[str] | None = None
    window_from: datetime | None = None
    window_until: datetime | None = None
    with_hazardous: bool = False
    limit: int
    now: datetime


_NEAR = """
    SELECT id, resident_id, title, kg_estimate, price_mode, price_thb, window_from, window_until, choose, area, cell,
           expires_at, created_at, card, cell <-> {point} AS map_distance
    FROM geo_pickup
    WHERE status = 'open'
      AND cell && ST_Expand({point}, %(map_radius)s) AND cell <-> {point} <= %(map_radius)s
      {filters}
      AND reserved_until IS NULL
      AND (expires_at > %(now)s) IS TRUE -- spelled so that no plan walks the index on expiry instead
      AND resident_id <> ALL (
          ARRAY(SELECT blocked_id FROM accounts_block WHERE blocker_id = %(viewer)s
                UNION ALL SELECT blocker_id FROM accounts_block WHERE blocked_id = %(viewer)s
                UNION ALL SELECT %(viewer)s::uuid))
      AND NOT EXISTS (
          SELECT 1 FROM geo_swipe
          WHERE collector_id = %(viewer)s AND pickup_id = geo_pickup.id
            AND (direction = 'like' OR pickup_revision >= geo_pickup.revision))
    ORDER BY cell <-> {point}
    FETCH FIRST %(limit)s ROWS WITH TIES
"""

_CARDS = """
WITH walked AS MATERIALIZED ({near}),
near AS (SELECT * FROM walked ORDER BY map_distance, created_at DESC, id DESC LIMIT %(limit)s)
SELECT near.id, title, kg_estimate, price_mode, price_thb, window_from, window_until, choose, area, expires_at,
       near.created_at, split_part(resident.display_name, ' ', 1) AS first_name, resident.rating,
       ST_X(cell) AS x, ST_Y(cell) AS y,
       ST_Distance(ST_Transform(cell, 4326)::geography, ST_Point(%(lon)s, %(lat)s, 4326)::geography) AS distance_m,
       card
FROM near JOIN accounts_user resident ON resident.id = near.resident_id
ORDER BY map_distance, created_at DESC, id DESC
"""


# Conditions that stand in the statement only when they are asked for, by what asks for them.
_FILTERS = {
    "material_ids": "AND material_ids && %(material_ids)s::int[]",
    "kg_min": "AND kg_estimate >= %(kg_min)s",
    "price_modes": "AND price_mode = ANY(%(price_modes)s)",
    "window_from": "AND window_until > %(window_from)s",
    "window_until": "AND window_from < %(window_until)s",
}
_NOTHING_HAZARDOUS = "AND NOT material_ids && ARRAY(SELECT id::int FROM geo_material WHERE is_hazardous)"


def deck_sql(query: DeckQuery) -> tuple[str, dict[str, Any]]:
    """The statement and its parameters, to be run as they are: by the service, by tests and by the benchmark."""
    centre = on_map(query.point)
    wishes = {name: wish for name in _FILTERS if (wish := getattr(query, name))}
    filters = [_FILTERS[name] for name in wishes] + ([] if query.with_hazardous else [_NOTHING_HAZARDOUS])
    near = _NEAR.format(point="ST_Point(%(x)s, %(y)s, 3857)", filters="\n      ".join(filters))
    params: dict[str, Any] = wishes | {
        "viewer": query.viewer_id,
        "x": centre.x,
        "y": centre.y,
        "lon": query.point.x,
        "lat": query.point.y,
        "map_radius": query.radius_m * stretch_at(query.point.y),
        "now": query.now,
        "limit": query.limit,
    }
    return _CARDS.format(near=near), params
