"""The one statement behind a deck: the nearest cards, complete, in the order in which they are shown.

`cell && box` and `ORDER BY cell <-> point` both run on the partial index `pickup_deck`, which hands rows out by
distance and ends at the box. All other conditions are checked row by row on the way, so that the walk stops with the
last card, however many pickups are open. `WITH TIES` takes the last square whole, so that the newest of it can be
chosen; to sort by time in the walk itself would make the planner read and sort everything within the radius. So would
`ST_DWithin`, which is the same box and the same circle, but is estimated as if its radius were nothing.

The card lies on the pickup's own row as the text that is sent (`card`, kept by triggers), so nothing is joined. The
statement is prepared: planned once, without a look at its values. Only the number of cards stands in its text, because
the planner must know that it is small.

Who has swiped thousands nearby would have each of them checked on the way: see `deck_unseen`.
"""

import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from backend.shared.prepared import array_of
from geo.grid import stretch_at, x_of, y_of


@dataclass(frozen=True, kw_only=True)
class DeckQuery:
    """Whose deck, around which place in degrees, how far in metres of ground, and of what; no wish leaves all in.

    With `window_from` and `window_until`, only pickups that can be collected at some time between the two.
    """

    viewer_id: uuid.UUID
    lat: float
    lon: float
    radius_m: int
    material_ids: Sequence[int] | None = None
    kg_min: Decimal | None = None
    price_modes: Sequence[str] | None = None
    window_from: datetime | None = None
    window_until: datetime | None = None
    with_hazardous: bool = False
    has_swiped_much: bool = False
    limit: int
    now: datetime


_WISHED = """
      {wishes}
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
"""

_DECK = """
WITH walked AS MATERIALIZED (
    SELECT id, created_at, card, cell, cell <-> %(point)s::geometry AS map_distance
    FROM geo_pickup
    WHERE status = 'open'
      AND cell && ST_Expand(%(point)s::geometry, %(map_radius)s)
      AND cell <-> %(point)s::geometry <= %(map_radius)s
      {wished}
    ORDER BY cell <-> %(point)s::geometry
    FETCH FIRST {limit} ROWS WITH TIES)
SELECT id::text AS id, textsend(card) AS card, ST_X(cell) AS x, ST_Y(cell) AS y
FROM walked ORDER BY map_distance, created_at DESC, id DESC LIMIT {limit}
"""

# Conditions that stand in the statement only when they are asked for, by what asks for them.
_FILTERS = {
    "material_ids": "AND material_ids && %(material_ids)s::int[]",
    "many_material_ids": "AND (material_ids && %(many_material_ids)s::int[]) IS TRUE",
    "kg_min": "AND kg_estimate >= %(kg_min)s",
    "price_modes": "AND price_mode = ANY(%(price_modes)s::text[])",
    "window_from": "AND window_until > %(window_from)s",
    "window_until": "AND window_from < %(window_until)s",
}
_HAZARDOUS = "material_ids && ARRAY(SELECT id::int FROM geo_material WHERE is_hazardous)"
_NOTHING_HAZARDOUS = f"AND NOT {_HAZARDOUS}"
# Who takes so many takes much of what there is. To check each row is less than to look for their numbers in the index.
MANY_MATERIALS = 20
# What a collector's profile asks for, where it stands in a row beside the deck; he takes all materials or many.
_FILTERS_OF_PROFILE = f"""
      AND (cardinality({{place}}.material_ids) = 0 OR geo_pickup.material_ids && {{place}}.material_ids)
      AND ({{place}}.has_hazard_badge OR NOT geo_pickup.{_HAZARDOUS})"""


def deck_sql(query: DeckQuery) -> tuple[str, dict[str, Any]]:
    """The statement and its parameters, to be run as they are: by the service, by tests and by the benchmark."""
    return statement_for(_DECK, query)


def statement_for(statement: str, query: DeckQuery) -> tuple[str, dict[str, Any]]:
    """A statement with `{wished}` and `{limit}` in it, written out for this query, and the parameters of both."""
    wishes = {name: wish for name in _FILTERS if (wish := getattr(query, name, None))}
    if len(wishes.get("material_ids", ())) >= MANY_MATERIALS:
        wishes["many_material_ids"] = wishes.pop("material_ids")
    wishes |= {name: array_of(wish) for name, wish in wishes.items() if isinstance(wish, list | tuple)}
    params: dict[str, Any] = wishes | {
        "viewer": query.viewer_id,
        "point": point_on_map(query.lat, query.lon),
        "map_radius": query.radius_m * stretch_at(query.lat),
        "now": query.now,
    }
    return _written_out(statement, tuple(wishes), query.with_hazardous, int(query.limit)), params


@lru_cache(maxsize=512)
def _written_out(statement: str, wishes: Sequence[str], with_hazardous: bool, limit: int) -> str:
    """The same text for the same wishes: what looks it up need not look at all of it."""
    filters = [_FILTERS[name] for name in wishes] + ([] if with_hazardous else [_NOTHING_HAZARDOUS])
    return statement.format(wished=_WISHED.format(wishes="\n      ".join(filters)), limit=limit)


def deck_around(place: str, *, limit: int) -> str:
    """The deck as part of another statement: for each row of `place`, at which it looks in place of values.

    That has `viewer`, `point` (SRID 3857), `map_radius`, `material_ids`, none or at least `MANY_MATERIALS`, and
    `has_hazard_badge`; only `%(now)s` is left.
    """
    wished = _WISHED.format(wishes=_FILTERS_OF_PROFILE.format(place=place))
    columns = {name: f"{place}.{name}" for name in ("viewer", "point", "map_radius")}
    return _DECK.format(wished=wished, limit=int(limit)) % (columns | {"now": "%(now)s"})


def point_on_map(lat: float, lon: float) -> str:
    """A place in degrees as PostGIS writes it: a point of the map (SRID 3857), hexadecimal EWKB."""
    return "0101000020110F0000" + struct.pack("<dd", x_of(lon), y_of(lat)).hex()
