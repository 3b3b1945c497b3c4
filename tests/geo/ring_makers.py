"""Pickups with rings, and collectors at a distance."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.gis.geos import Point

from backend.accounts.models import User
from geo.grid import in_degrees
from geo.models import Pickup
from geo.services.rings import start_rings
from tests.makers_geo import make_collector, make_pickup
from tests.makers_match import names_of_events

BANGKOK = ZoneInfo("Asia/Bangkok")
MINUTES = timedelta(minutes=1)
METRE = 1 / 110_600


def noon() -> datetime:
    """Today at 12:00 in the city."""
    return datetime.now(BANGKOK).replace(hour=12, minute=0, second=0, microsecond=0)


def make_told(now: datetime | None = None, **fields: Any) -> Pickup:
    """A pickup whose first ring is due, posted at noon unless told otherwise."""
    now = now or noon()
    pickup = make_pickup(now=now, **fields)
    start_rings(pickup=pickup, now=now)
    return pickup


def collector_at(pickup: Pickup, metres: float, **fields: Any) -> User:
    """A collector so many metres north of the centre of the pickup's square, who goes 30 km."""
    centre = in_degrees(pickup.cell)
    point = Point(centre.x, centre.y + metres * METRE, srid=4326)
    given: dict[str, Any] = {"service_point": point, "radius_m": 30_000}
    user: User = make_collector(**given | fields).user
    return user


def local(due_at: datetime | None) -> datetime:
    """What is due, on the city's clock."""
    assert due_at
    return due_at.astimezone(BANGKOK)


def told(*people: User) -> list[int]:
    """How often each was told."""
    return [names_of_events(person).count("pickup.nearby") for person in people]
