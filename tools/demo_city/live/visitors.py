"""Where the visitors of the demo are: all that bots read from the database. The API tells nobody where people are."""

from datetime import datetime
from typing import NamedTuple

from django.db import close_old_connections
from django.db.models import Exists, OuterRef, QuerySet

from backend.accounts.models import User
from backend.accounts.selectors import live_sessions
from geo.models import Collector, Pickup
from tools.demo_city.people import BOT_PHONES


class Spot(NamedTuple):
    """A place where somebody collects, and how far they go."""

    lat: float
    lon: float
    radius_m: int


def areas_of_givers(now: datetime) -> set[tuple[float, float]]:
    """Where visitors have open pickups, as latitude and longitude to about ten kilometres."""
    close_old_connections()
    points = Pickup.objects.filter(resident__in=_visitors(now), status=Pickup.Status.OPEN, expires_at__gt=now)
    return {(round(point.y, 1), round(point.x, 1)) for point in points.values_list("location", flat=True)}


def spots_of_collectors(now: datetime) -> set[Spot]:
    """Where visitors collect."""
    close_old_connections()
    collectors = Collector.objects.filter(user__in=_visitors(now), is_available=True)
    rows = collectors.values_list("service_point", "radius_m")
    return {Spot(point.y, point.x, radius_m) for point, radius_m in rows}


def _visitors(now: datetime) -> QuerySet[User]:
    """Those who are signed in and no bots."""
    is_signed_in = Exists(live_sessions(now).filter(user=OuterRef("pk")))
    return User.objects.filter(is_signed_in).exclude(phone__startswith=BOT_PHONES)
