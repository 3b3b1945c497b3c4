"""Pickups with rings, and collectors at a distance."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.gis.geos import Point
from django.db import connection

from backend.accounts.models import User
from geo.grid import in_degrees
from geo.matching.selectors import SWEEP_SQL, WALK_SQL, ring_values
from geo.matching.services.rings import start_rings
from geo.models import Pickup
from tests.factories.geo import make_collector, make_pickup
from tests.factories.matches import names_of_events

BANGKOK = ZoneInfo("Asia/Bangkok")
MINUTES = timedelta(minutes=1)
METRE = 1 / 110_600


def noon() -> datetime:
    """Today at 12:00 in the city."""
    return datetime.now(BANGKOK).replace(hour=12, minute=0, second=0, microsecond=0)


def make_announced(now: datetime | None = None, **fields: Any) -> Pickup:
    """A pickup whose first ring is due, posted at noon by default."""
    now = now or noon()
    pickup = make_pickup(now=now, **fields)
    start_rings(pickup=pickup, now=now)
    return pickup


def collector_at(pickup: Pickup, metres: float, **fields: Any) -> User:
    """A collector `metres` north of the centre of the pickup's square, with a radius of 30 km."""
    centre = in_degrees(pickup.cell)
    point = Point(centre.x, centre.y + metres * METRE, srid=4326)
    given: dict[str, Any] = {"service_point": point, "radius_m": 30_000}
    user: User = make_collector(**given | fields).user
    return user


def local(due_at: datetime | None) -> datetime:
    """The due time in the city's time zone."""
    assert due_at
    return due_at.astimezone(BANGKOK)


def notified(*people: User) -> list[int]:
    """How often each was notified."""
    return [names_of_events(person).count("pickup.nearby") for person in people]


def fill_city(pickup: Pickup, count: int) -> None:
    """`count` collectors around it who take everything."""
    centre = in_degrees(pickup.cell)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_user (id, password, is_superuser, display_name, locale, avatar_colour, is_active,
                                       is_staff, created_at)
            SELECT gen_random_uuid(), '!', false, 'Crowd', 'th', '#15803d', true, false, now()
            FROM generate_series(1, %s)
            """,
            [count],
        )
        cursor.execute(
            """
            INSERT INTO geo_collector (user_id, service_point, radius_m, material_ids, vehicle, bio, is_available,
                                       has_hazard_badge, updated_at)
            SELECT id, ST_MakePoint(%s + (random() - 0.5) / 3, %s + (random() - 0.5) / 3)::geography, 20000, '{}', '',
                   '', true, false, %s
            FROM accounts_user WHERE display_name = 'Crowd'
            """,
            [centre.x, centre.y, noon()],
        )
        cursor.execute("ANALYZE accounts_user; ANALYZE geo_collector")


def plan_of(pickup: Pickup, *, sweep: bool = False) -> dict[str, Any]:
    """The plan of its widest ring: buffers, lines, rows."""
    statement, values = SWEEP_SQL if sweep else WALK_SQL, ring_values(pickup, radius_m=20_000, notified=[], now=noon())
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement, values)
        top = cursor.fetchone()[0][0]["Plan"]
        cursor.execute("EXPLAIN " + statement, values)
        lines = "\n".join(line for (line,) in cursor.fetchall())
    return {"buffers": top["Shared Hit Blocks"] + top["Shared Read Blocks"], "lines": lines, "rows": top["Actual Rows"]}
