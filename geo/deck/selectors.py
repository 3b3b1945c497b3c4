"""The deck: which pickups one collector may swipe now, nearest first.

One prepared statement finds the cards. `cell && box` and `ORDER BY cell <-> point` both run on the partial index
`pickup_deck`, which returns rows by distance and ends at the box. All other conditions are checked row by row on the
way, so the walk stops at the last card, however many pickups are open. `WITH TIES` takes the last grid square whole, so
that its newest pickups can be chosen; sorting by time within the walk would make the planner read and sort everything
in the radius. So would `ST_DWithin`, whose selectivity is estimated as next to nothing. The corners of the box, which
lie outside the circle, come last in the walk, so they are cut off once it has ended.

A deck has few pickups of one resident (`DECK_OF_ONE_RESIDENT`), so that nobody fills it alone: for each row the walk
counts those of the same resident that come before it, up to that number. The next ones come when those are swiped.
`OFFSET 0` keeps that on the index of residents: the planner expects no row inside a box, and would walk the box.

The viewer's swipes are hashed once. A pickup that was never amended is hidden by any swipe; only the amended ones are
looked up row by row, because a pass holds for the revision that the collector saw.

A pickup's card is stored on its row as the JSON text that is sent (column `card`, kept by triggers), so the statement
joins nothing.
"""

import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from django.conf import settings

from backend.accounts.models import User
from backend.accounts.selectors import blocked_with
from backend.core.db.prepared import Rows, array_of, fetch_prepared
from geo.distance import metres_between, round_distance
from geo.errors import PlaceNeeded
from geo.grid import stretch_at, x_of, y_of
from geo.materials.selectors import KNOWN_MATERIALS, require_known
from geo.service_area import require_on_map

# With so many materials, checking each row is cheaper than looking each material up in the index.
MANY_MATERIALS = 20
Reason = Literal["paused", "collector_unavailable", "matches_full", "hazard_badge_needed", "nothing_near"]

# One row for each known material that the query names, at least one.
_VIEWER = f"""
    SELECT known.code, known.id, known.is_hazardous, collector.user_id IS NOT NULL,
           ST_Y(service_point::geometry), ST_X(service_point::geometry), radius_m, material_ids, is_available,
           has_hazard_badge, (SELECT count(*) FROM geo_match WHERE collector_id = %(viewer)s AND status = 'active')
    FROM (SELECT) AS viewer
    LEFT JOIN geo_collector AS collector ON user_id = %(viewer)s
    LEFT JOIN ({KNOWN_MATERIALS}) AS known ON true
"""  # noqa: S608 - a constant of ours
# Whether the viewer may swipe a pickup now. Filters name columns alone: those of the innermost row.
_SWIPABLE = """
    {pickup}.status = 'open'
      AND {pickup}.cell && ST_Expand(%(point)s::geometry, %(map_radius)s)
      {filters}
      AND {pickup}.reserved_until IS NULL
      AND ({pickup}.expires_at > %(now)s) IS TRUE -- so that no plan walks the index on expires_at instead
      AND ({pickup}.id NOT IN (SELECT pickup_id FROM geo_swipe WHERE collector_id = %(viewer)s)
           OR {pickup}.revision > 1 AND NOT EXISTS (
               SELECT FROM geo_swipe
               WHERE collector_id = %(viewer)s AND pickup_id = {pickup}.id
                 AND (direction = 'like' OR pickup_revision >= {pickup}.revision)))
"""
_DECK = """
WITH walked AS MATERIALIZED (
    SELECT id, created_at, card, cell, cell <-> %(point)s::geometry AS map_distance
    FROM geo_pickup
    WHERE {swipable}
      AND resident_id <> ALL (
          ARRAY({blocked} UNION ALL SELECT %(viewer)s::uuid))
      AND (SELECT count(*) FROM (
          SELECT FROM (
              SELECT * FROM geo_pickup AS own WHERE own.resident_id = geo_pickup.resident_id OFFSET 0) AS before
          WHERE {swipable_before}
            AND (before.cell <-> %(point)s::geometry, geo_pickup.created_at, geo_pickup.id)
              < (geo_pickup.cell <-> %(point)s::geometry, before.created_at, before.id)
          LIMIT {of_one_resident}) AS of_resident) < {of_one_resident}
    ORDER BY cell <-> %(point)s::geometry
    FETCH FIRST {limit} ROWS WITH TIES)
SELECT id::text AS id, textsend(card) AS card, ST_X(cell) AS x, ST_Y(cell) AS y
FROM walked WHERE map_distance <= %(map_radius)s
ORDER BY map_distance, created_at DESC, id DESC LIMIT {limit}
"""
# Conditions that are in the statement only if the query sets the field.
_FILTERS = {
    "material_ids": "AND material_ids && %(material_ids)s::int[]",
    "many_material_ids": "AND (material_ids && %(many_material_ids)s::int[]) IS TRUE",
    "kg_min": "AND kg_estimate >= %(kg_min)s",
    "price_modes": "AND price_mode = ANY(%(price_modes)s::text[])",
    "window_from": "AND window_until > %(window_from)s",
    "window_until": "AND window_from < %(window_until)s",
}
_NOTHING_HAZARDOUS = "AND NOT material_ids && ARRAY(SELECT id::int FROM geo_material WHERE is_hazardous)"


@dataclass(frozen=True)
class DeckProfile:
    """The viewer data a deck query needs; `lat` and `lon` are the service point."""

    lat: float
    lon: float
    radius_m: int
    material_ids: Sequence[int]
    is_available: bool
    has_hazard_badge: bool
    active_matches: int

    @property
    def reason_for_no_cards(self) -> Reason | None:
        """Why the collector gets no cards at present, wherever they look."""
        if not self.is_available:
            return "collector_unavailable"
        return "matches_full" if self.active_matches >= settings.MATCHES_ACTIVE_MAX else None


@dataclass(frozen=True, kw_only=True)
class DeckWishes:
    """What the viewer asks for. Without `lat` and `lon`, `radius_m` or `materials`, the profile's apply."""

    lat: float | None = None
    lon: float | None = None
    radius_m: int | None = None
    materials: Sequence[str] = ()
    kg_min: Decimal | None = None
    price_modes: Sequence[str] = ()
    window_from: datetime | None = None
    window_until: datetime | None = None
    limit: int


@dataclass(frozen=True, kw_only=True)
class DeckQuery:
    """Whose deck, around which place in degrees, within how many metres of ground. An empty filter excludes nothing.

    With `window_from` and `window_until`, only pickups that can be collected at some time between the two.
    """

    viewer_id: uuid.UUID
    lat: float
    lon: float
    radius_m: int
    material_ids: Sequence[int] = ()
    kg_min: Decimal | None = None
    price_modes: Sequence[str] = ()
    window_from: datetime | None = None
    window_until: datetime | None = None
    with_hazardous: bool = False
    limit: int
    now: datetime


@dataclass(frozen=True)
class Deck:
    """Cards as JSON in UTF-8 with relative file addresses, and their ids; without cards, the reason."""

    cards: Sequence[bytes] = ()
    ids: Sequence[str] = ()
    reason: Reason | None = None


def draw_deck(*, viewer: User, wishes: DeckWishes, now: datetime) -> Deck:
    """The deck of one person. Raises MaterialUnknown, PlaceNeeded, CoordinatesSwapped or NotOnEarth."""
    if viewer.is_paused_at(now):
        return Deck(reason="paused")
    profile, known = _load_viewer(viewer.pk, wishes.materials)
    if profile and (reason := profile.reason_for_no_cards):
        return Deck(reason=reason)
    materials = require_known(known, wishes.materials, field="materials")
    has_badge = profile is not None and profile.has_hazard_badge
    if materials and not has_badge and all(materials.values()):
        return Deck(reason="hazard_badge_needed")
    lat, lon = _place_of(wishes, profile)
    query = DeckQuery(
        viewer_id=viewer.pk,
        lat=lat,
        lon=lon,
        radius_m=wishes.radius_m or (profile.radius_m if profile else settings.RADIUS_DEFAULT_M),
        material_ids=list(materials) or (profile.material_ids if profile else ()),
        kg_min=wishes.kg_min,
        price_modes=wishes.price_modes,
        window_from=wishes.window_from,
        window_until=wishes.window_until,
        with_hazardous=has_badge,
        limit=wishes.limit,
        now=now,
    )
    return find_cards(query)


def find_cards(query: DeckQuery) -> Deck:
    """Run the statement of a query, and add to each card its distance from the query's place."""
    rows = fetch_prepared(*deck_sql(query))
    return _deck_of(query, rows) if rows else Deck(reason="nothing_near")


def deck_sql(query: DeckQuery) -> tuple[str, dict[str, Any]]:
    """The statement and its parameters. Planned once per text: only the number of cards and the filters are in it.

    The number of cards is not a parameter because the planner must know that it is small.
    """
    filters: dict[str, Any] = {name: value for name in _FILTERS if (value := getattr(query, name, None))}
    if len(filters.get("material_ids", ())) >= MANY_MATERIALS:
        filters["many_material_ids"] = filters.pop("material_ids")
    filters |= {name: array_of(value) for name, value in filters.items() if isinstance(value, list | tuple)}
    statement = _statement(
        tuple(filters),
        with_hazardous=query.with_hazardous,
        limit=int(query.limit),
        of_one_resident=settings.DECK_OF_ONE_RESIDENT,
    )
    return statement, filters | {
        "viewer": query.viewer_id,
        "point": point_on_map(query.lat, query.lon),
        "map_radius": query.radius_m * stretch_at(query.lat),
        "now": query.now,
    }


def point_on_map(lat: float, lon: float) -> str:
    """A place in degrees as PostGIS writes it: a point of the map (SRID 3857), hexadecimal EWKB."""
    return "0101000020110F0000" + struct.pack("<dd", x_of(lon), y_of(lat)).hex()


def _load_viewer(viewer_id: uuid.UUID, codes: Sequence[str]) -> tuple[DeckProfile | None, Rows]:
    """The collector profile, if the viewer has one, and the known materials among these, for `require_known`."""
    rows = fetch_prepared(_VIEWER, {"viewer": viewer_id, "codes": list(codes)})
    has_profile, *profile = rows[0][3:]
    return DeckProfile(*profile) if has_profile else None, [row[:3] for row in rows if row[0] is not None]


def _place_of(wishes: DeckWishes, profile: DeckProfile | None) -> tuple[float, float]:
    if wishes.lat is not None and wishes.lon is not None:
        require_on_map(wishes.lon, wishes.lat, field="lat")
        return wishes.lat, wishes.lon
    if profile is None:
        raise PlaceNeeded(field="lat")
    return profile.lat, profile.lon


@lru_cache(maxsize=512)
def _statement(names: Sequence[str], *, with_hazardous: bool, limit: int, of_one_resident: int) -> str:
    """The same object for the same filters: psycopg looks prepared statements up by their text."""
    filters = [_FILTERS[name] for name in names] + ([] if with_hazardous else [_NOTHING_HAZARDOUS])
    swipable, swipable_before = (
        _SWIPABLE.format(pickup=name, filters="\n      ".join(filters)) for name in ("geo_pickup", "before")
    )
    return _DECK.format(
        swipable=swipable,
        swipable_before=swipable_before,
        blocked=blocked_with("viewer"),
        limit=limit,
        of_one_resident=of_one_resident,
    )


def _deck_of(query: DeckQuery, rows: Rows) -> Deck:
    ids, cards = [], []
    for card_id, card, x, y in rows:
        ids.append(card_id)
        cards.append(add_distance(card, query.lat, query.lon, x, y))
    return Deck(cards, ids)


def add_distance(card: bytes, lat: float, lon: float, x: float, y: float) -> bytes:
    """The text of a card with its distance from a place in degrees; x and y are its cell."""
    return card[:-1] + b', "distance_m": %d}' % round_distance(metres_between(lat, lon, x, y))
