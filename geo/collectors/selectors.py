"""Profiles of collectors."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from backend.core.db.prepared import fetch_prepared
from backend.core.errors import NotFound
from geo.models import Collector

_PROFILE = """
    SELECT ST_Y(service_point::geometry), ST_X(service_point::geometry), radius_m,
           ARRAY(SELECT code::text FROM geo_material WHERE id = ANY(material_ids) ORDER BY position),
           vehicle, capacity_kg, bio, is_available, has_hazard_badge, updated_at
    FROM geo_collector WHERE user_id = %(user)s
"""


@dataclass(frozen=True)
class OwnProfile:
    """The profile of a collector, for themselves: the service point in degrees, materials as codes."""

    lat: float
    lon: float
    radius_m: int
    materials: list[str]
    vehicle: str
    capacity_kg: Decimal | None
    bio: str
    is_available: bool
    has_hazard_badge: bool
    updated_at: datetime


def get_profile(user_id: uuid.UUID) -> OwnProfile:
    """The collector profile of a user. Raises NotFound if there is none."""
    for row in fetch_prepared(_PROFILE, {"user": user_id}):
        return OwnProfile(*row)
    raise NotFound


def collector_or_none(user_id: uuid.UUID) -> Collector | None:
    """The collector profile of a user, if there is one."""
    return Collector.objects.filter(pk=user_id).first()
