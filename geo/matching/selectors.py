"""Reading swipes for their collector, likes for their resident, and the collectors near a new pickup."""

import math
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection

from backend.accounts.models import User
from backend.accounts.selectors import blocked_with
from backend.core.db.prepared import columns_of, fetch_prepared, model_from, models_from
from backend.core.errors import NotFound
from geo.deck.selectors import add_distance
from geo.distance import round_distance
from geo.grid import degrees_at, in_degrees, square_at, stretch_at
from geo.models import Pickup, Swipe

A_DAY = timedelta(days=1)
_PERSON = ("id", "shown_name", "erased_at", "avatar_colour", "rating")
_FACTS = f"""
    SELECT %(resident)s IN ({blocked_with("collector")}),
           (SELECT count(*) FROM geo_match WHERE geo_match.collector_id = %(collector)s AND status = 'active'),
           (SELECT count(*) FROM geo_match WHERE released_by_id = %(collector)s AND status = 'released'
               AND geo_match.collector_id = %(collector)s AND ended_at > %(since)s)
           + (SELECT count(*) FROM geo_carriedmark
              WHERE user_id = %(collector)s AND kind = 'given_back' AND at > %(since)s),
           (SELECT paused_until FROM accounts_user WHERE accounts_user.id = %(collector)s),
           EXISTS (SELECT FROM geo_material WHERE is_hazardous AND id = ANY(%(materials)s::int[])),
           {columns_of(Swipe)}
    FROM (VALUES (true)) AS once LEFT JOIN geo_swipe ON collector_id = %(collector)s AND pickup_id = %(pickup)s
"""  # noqa: S608 - names of columns only
# Likes on pickups whose resident and collector have blocked each other do not count.
_BEFORE_WAITING = f"""
    SELECT (SELECT count(*) FROM geo_swipe AS waiting JOIN geo_pickup AS pickup ON pickup.id = waiting.pickup_id
            WHERE collector_id = %(collector)s AND like_state = 'waiting'
                AND resident_id NOT IN ({blocked_with("collector")})),
           ST_Y(service_point::geometry), ST_X(service_point::geometry), ST_X(cell), ST_Y(cell)
    FROM geo_collector, geo_pickup WHERE user_id = %(collector)s AND geo_pickup.id = %(pickup)s
"""  # noqa: S608 - as above
_PICKUP_OF_SWIPE = ("id", "title", "reserved_until")
_SWIPE = f"""
    SELECT {columns_of(Swipe)}, {columns_of(Pickup, _PICKUP_OF_SWIPE)}
    FROM geo_swipe JOIN geo_pickup ON geo_pickup.id = pickup_id
    WHERE collector_id = %(collector)s AND pickup_id = %(pickup)s AND resident_id NOT IN ({blocked_with("collector")})
"""  # noqa: S608 - names of our own columns
_OWN = "SELECT 1 FROM geo_pickup WHERE id = %(pickup)s AND resident_id = %(resident)s"
_OWN_LIKES = f"""
    SELECT own.id, pickup_id, like_state, swiped_at, CASE WHEN like_state = 'asked' THEN reserved_until END,
           (SELECT count(*) FROM geo_swipe AS queued WHERE queued.pickup_id = own.pickup_id
                AND queued.like_state IN ('waiting', 'asked') AND queued.queue_number <= own.queue_number),
           textsend(card), ST_Y(service_point::geometry), ST_X(service_point::geometry), ST_X(cell), ST_Y(cell)
    FROM geo_swipe AS own JOIN geo_pickup ON geo_pickup.id = pickup_id
    JOIN geo_collector ON geo_collector.user_id = collector_id
    WHERE collector_id = %(collector)s AND like_state IN ('waiting', 'asked') AND status <> 'on_hold'
      AND resident_id NOT IN ({blocked_with("collector")})
"""  # noqa: S608 - as above
_PAGE_OF_OWN_LIKES = f"{_OWN_LIKES} AND own.id < %(before)s ORDER BY own.id DESC LIMIT %(limit)s"
_OWN_LIKE = f"{_OWN_LIKES} AND pickup_id = %(pickup)s"
# A place in the queue counts all likes before it, those of blocked and suspended collectors too.
_LIKES = f"""
    SELECT queued.id, like_state, queue_number, position, swiped_at, distance_m, {columns_of(User, _PERSON)}
    FROM (SELECT *, row_number() OVER (ORDER BY queue_number) AS position FROM geo_swipe
          WHERE pickup_id = %(pickup)s AND like_state IN ('waiting', 'asked')) AS queued
    JOIN accounts_user ON accounts_user.id = collector_id
    WHERE queue_number > %(after)s AND is_active AND collector_id NOT IN ({blocked_with("resident")})
    ORDER BY queue_number LIMIT %(limit)s
"""  # noqa: S608 - names of our own columns


@dataclass(frozen=True)
class SwipeFacts:
    """What a swipe of one collector on one pickup depends on, beside the pickup itself.

    `swipe` is the collector's earlier swipe. `is_blocked`: the collector and the resident have a block between them.
    `given_back` counts the matches that the collector released within a day. `is_hazardous` is about the pickup.
    """

    swipe: Swipe | None
    is_blocked: bool
    active_matches: int
    given_back: int
    paused_until: datetime | None
    is_hazardous: bool


def swipe_facts_of(*, collector_id: uuid.UUID, pickup: Pickup, now: datetime) -> SwipeFacts:
    """Read them all by one prepared statement."""
    values = {"collector": collector_id, "pickup": pickup.pk, "resident": pickup.resident_id, "since": now - A_DAY}
    rows = fetch_prepared(_FACTS, values | {"materials": pickup.material_ids})
    [(is_blocked, matches, given_back, paused_until, is_hazardous, *row)] = rows
    swipe = model_from(Swipe, row) if row[0] else None
    return SwipeFacts(swipe, is_blocked, matches, given_back, paused_until, is_hazardous)


def get_swipe_of(*, collector_id: uuid.UUID, pickup_id: uuid.UUID) -> Swipe:
    """The collector's swipe, with its pickup. Raises NotFound if there is none or the two have blocked each other."""
    rows = fetch_prepared(_SWIPE, {"collector": collector_id, "pickup": pickup_id})
    if not rows:
        raise NotFound
    swipe: Swipe
    swipe, swipe.pickup = models_from(rows[0], Swipe, (Pickup, _PICKUP_OF_SWIPE))
    return swipe


def facts_of_waiting_like(*, collector_id: uuid.UUID, pickup_id: uuid.UUID) -> tuple[int, int]:
    """For a new like of a collector with a profile: how many of their likes wait, and how far the pickup is.

    Likes on pickups of residents behind a block do not count.
    """
    [(waiting, lat, lon, *cell)] = fetch_prepared(_BEFORE_WAITING, {"collector": collector_id, "pickup": pickup_id})
    return waiting, distance_between_squares(lat, lon, cell)


class Like(msgspec.Struct, frozen=True):
    """A like in the queue; `position` counts from 1.

    `distance_m` is the one when it was made. Read live, it would let the resident locate the collector by moving the
    pickup, and follow them.
    """

    id: uuid.UUID
    state: str
    queue_number: int
    position: int
    swiped_at: datetime
    distance_m: int | None
    collector: User


def likes_on(pickup_id: uuid.UUID, resident_id: uuid.UUID, after: int, limit: int) -> list[Like]:
    """A page of the likes in the queue of one's own pickup, after a queue number. Raises NotFound for strangers."""
    if not fetch_prepared(_OWN, {"pickup": pickup_id, "resident": resident_id}):
        raise NotFound
    values = {"pickup": pickup_id, "resident": resident_id, "after": after, "limit": limit}
    return [Like(*[*row[:6], model_from(User, row[6:], _PERSON)]) for row in fetch_prepared(_LIKES, values)]


class OwnLike(msgspec.Struct, frozen=True):
    """A collector's like in the queue of a pickup; `card` is the text of its card in a deck at the service point."""

    id: uuid.UUID
    pickup_id: uuid.UUID
    state: str
    swiped_at: datetime
    answer_by: datetime | None
    position: int
    card: bytes

    @classmethod
    def of(cls, row: Sequence[Any]) -> "OwnLike":
        """From the columns of `_OWN_LIKES`."""
        return cls(*[*row[:6], add_distance(*row[6:])])


def likes_of(collector_id: uuid.UUID, before: uuid.UUID, limit: int) -> list[OwnLike]:
    """A page of a collector's likes in queues, below the id `before`, the newest first."""
    values = {"collector": collector_id, "before": before, "limit": limit}
    return [OwnLike.of(row) for row in fetch_prepared(_PAGE_OF_OWN_LIKES, values)]


def like_of_or_none(*, collector_id: uuid.UUID, pickup_id: uuid.UUID) -> OwnLike | None:
    """A collector's like in the queue of one pickup, if there is one."""
    rows = fetch_prepared(_OWN_LIKE, {"collector": collector_id, "pickup": pickup_id})
    return OwnLike.of(rows[0]) if rows else None


def distance_between_squares(lat: float, lon: float, cell: Sequence[float]) -> int:
    """Metres from the square of a collector's service point to a pickup's square, to the nearest 100.

    The collector's own place stays as hidden as the resident's: it may be their home.
    """
    x, y = square_at(lat, lon)
    middle = (degrees_at(x, y)[0] + degrees_at(cell[0], cell[1])[0]) / 2
    return round_distance(math.hypot(x - cell[0], y - cell[1]) / stretch_at(middle))


@dataclass(frozen=True)
class Nearby:
    """A collector, and the metres from their service point to the pickup's square, to the nearest 100."""

    user_id: uuid.UUID
    distance_m: int


# A ring knows a pickup by the centre of its square alone, like the deck: neither the distance nor the time of a notice
# says more than a card does. The walk reads the nearest `WALK_MAX` in order from the index, which in a city is enough.
# Where few of them fit, the sweep reads everybody in the box without order, and measures only those who fit: walking
# through 50,000 in order takes five times as long. The room for more matches and likes is looked up last, for the
# nearest `FITTING_MAX` who fit.
WALK_MAX = 2_000
FITTING_MAX = 1_000
_CELL = "ST_Point(%(x)s, %(y)s, 3857)"
_IN_BOX = f"is_available AND spot && ST_Expand({_CELL}, %(map_radius)s)"
# The cheap conditions first: PostgreSQL checks them in this order.
_FITS = f"""
    (updated_at >= %(since)s OR signed_in_at >= %(since)s)
    AND (has_hazard_badge OR NOT %(is_hazardous)s)
    AND (material_ids = '{{}}' OR material_ids && %(materials)s::int[])
    AND user_id <> ALL (%(notified)s::uuid[])
    AND user_id NOT IN ({blocked_with("resident")}
        UNION ALL SELECT collector_id FROM geo_swipe WHERE pickup_id = %(pickup)s
        UNION ALL SELECT %(resident)s::uuid)
"""  # noqa: S608 - as above
_WALK = f"""
    SELECT user_id, radius_m, spot <-> {_CELL} AS map_distance, ({_FITS}) AS fits
    FROM geo_collector WHERE {_IN_BOX} ORDER BY spot <-> {_CELL} LIMIT %(walk)s
"""  # noqa: S608 - constants only
# OFFSET 0 keeps the distance out of the conditions of the scan.
_SWEEP = f"""
    SELECT user_id, radius_m, spot <-> {_CELL} AS map_distance, true AS fits
    FROM (SELECT user_id, radius_m, spot FROM geo_collector WHERE {_IN_BOX} AND {_FITS} OFFSET 0) AS box
"""  # noqa: S608 - constants only
_NEAREST = """
), fitting AS MATERIALIZED (
    SELECT user_id, map_distance FROM seen
    WHERE fits AND map_distance <= LEAST(%(map_radius)s, radius_m * %(stretch)s::float8)
    ORDER BY map_distance LIMIT %(fitting)s
)
SELECT counts.seen, counts.fitting, near.user_id, near.map_distance
FROM (SELECT (SELECT count(*) FROM seen) AS seen, (SELECT count(*) FROM fitting) AS fitting) AS counts
LEFT JOIN LATERAL (
    SELECT user_id, map_distance FROM fitting AS collector
    WHERE (SELECT is_active AND (paused_until > %(now)s) IS NOT TRUE FROM accounts_user WHERE id = collector.user_id)
      AND (SELECT count(*) FROM geo_match WHERE collector_id = collector.user_id AND status = 'active') < %(matches)s
      AND (SELECT count(*) FROM geo_swipe WHERE collector_id = collector.user_id AND like_state = 'waiting') < %(likes)s
    LIMIT %(limit)s
) AS near ON true
"""
WALK_SQL = f"WITH seen AS MATERIALIZED ({_WALK}{_NEAREST}"
SWEEP_SQL = f"WITH seen AS MATERIALIZED ({_SWEEP}{_NEAREST}"


def collectors_near(pickup: Pickup, *, radius_m: int, notified: Collection[uuid.UUID], now: datetime) -> list[Nearby]:
    """The collectors to notify of an open pickup within `radius_m`, at most `RING_COLLECTORS_MAX`, the nearest first.

    They are available, were active lately, take one of its materials within their own circle, have room for more, have
    not swiped it, are not among `notified`, and are neither the resident nor behind a block.
    """
    values = ring_values(pickup, radius_m=radius_m, notified=notified, now=now)
    seen, fitting, near = _fetch_near(WALK_SQL, values)
    if seen == values["walk"] and fitting < values["fitting"] and len(near) < settings.RING_COLLECTORS_MAX:
        _, _, near = _fetch_near(SWEEP_SQL, values)
    return near


def ring_values(pickup: Pickup, *, radius_m: int, notified: Collection[uuid.UUID], now: datetime) -> dict[str, Any]:
    """The parameters of `WALK_SQL` and `SWEEP_SQL`; their rows are (seen, fitting, user id, metres on the map)."""
    # Within the widest ring the stretch of the map changes by less than 1 in 100.
    stretch = stretch_at(in_degrees(pickup.cell).y)
    return {
        "x": pickup.cell.x,
        "y": pickup.cell.y,
        "map_radius": radius_m * stretch,
        "stretch": stretch,
        "materials": pickup.material_ids,
        "is_hazardous": pickup.is_hazardous,
        "notified": list(notified),
        "resident": pickup.resident_id,
        "pickup": pickup.pk,
        "now": now,
        "since": now - timedelta(days=settings.RING_ACTIVE_DAYS),
        "matches": settings.MATCHES_ACTIVE_MAX,
        "likes": settings.LIKES_WAITING_MAX,
        "limit": settings.RING_COLLECTORS_MAX,
        "walk": WALK_MAX,
        "fitting": max(FITTING_MAX, settings.RING_COLLECTORS_MAX),
    }


def _fetch_near(statement: str, values: dict[str, Any]) -> tuple[int, int, list[Nearby]]:
    """How many collectors were read, how many of them fit by their own rows, and those found."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    near = [Nearby(user_id, round_distance(map_m / values["stretch"])) for *_, user_id, map_m in rows if user_id]
    return rows[0][0], rows[0][1], near
