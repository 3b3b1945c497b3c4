"""Writing the profile of a collector."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib.gis.geos import Point
from django.db import transaction

from geo.collectors.selectors import collector_or_none
from geo.errors import MaterialHazardous
from geo.lifecycle.locks import lock_collectors
from geo.materials.selectors import material_ids_of
from geo.models import Collector, Material
from geo.service_area import require_served


@dataclass(frozen=True, kw_only=True)
class CollectorProfile:
    """`service_point` in degrees (SRID 4326); without `materials`, everything that is not hazardous."""

    service_point: Point
    radius_m: int
    materials: Sequence[str] = ()
    vehicle: str = ""
    capacity_kg: Decimal | None = None
    bio: str = ""
    available: bool = True


@transaction.atomic
def put_collector(*, user_id: uuid.UUID, profile: CollectorProfile, now: datetime) -> None:
    """Become a collector, or replace the profile of one. The hazard badge does not change.

    Raises CoordinatesSwapped, NotOnEarth, OutsideServiceArea, MaterialUnknown, or MaterialHazardous without the badge.
    """
    require_served(profile.service_point, field="service_point")
    collector = Collector(
        user_id=user_id,
        service_point=profile.service_point,
        radius_m=profile.radius_m,
        material_ids=_materials_for(user_id, profile.materials),
        vehicle=profile.vehicle,
        capacity_kg=profile.capacity_kg,
        bio=profile.bio,
        is_available=profile.available,
        updated_at=now,
    )
    fields = [
        "service_point", "radius_m", "material_ids", "vehicle", "capacity_kg", "bio", "is_available", "updated_at",
    ]  # fmt: skip
    Collector.objects.bulk_create([collector], update_conflicts=True, unique_fields=["user"], update_fields=fields)


@transaction.atomic
def set_hazard_badge(*, user_ids: Collection[uuid.UUID], has_badge: bool, now: datetime) -> int:
    """Grant or withdraw the badge; returns the number of collectors it changed."""
    lock_collectors(user_ids=user_ids)
    others = Collector.objects.filter(user_id__in=user_ids).exclude(has_hazard_badge=has_badge)
    return others.update(has_hazard_badge=has_badge, updated_at=now)


def _materials_for(user_id: uuid.UUID, codes: Sequence[str]) -> list[int]:
    material_ids = material_ids_of(codes, field="materials")
    current = collector_or_none(user_id)
    hazardous = Material.objects.filter(pk__in=material_ids, is_hazardous=True).first()
    if hazardous and not (current and current.has_hazard_badge):
        raise MaterialHazardous(field="materials", material=hazardous.name)
    return material_ids
