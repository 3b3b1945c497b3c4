"""Typed factories of pickups, collectors and materials. Each makes one valid object; pass only what the test needs."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import Point

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.grid import cell_of
from geo.models import Collector, DropOffPoint, Material, Pickup, PickupItem
from tests.factories.people import make_user

LUMPHINI = Point(100.5418, 13.7307, srid=4326)


def material(code: str = "pet_clear") -> Material:
    """The material with this code, from the real catalogue."""
    return Material.objects.get(code=code)


def make_material(code: str, **fields: Any) -> Material:
    """A material that is not in the real catalogue."""
    names = {"name_th": code, "name_en": code, "group": "other", "icon": "♻️", "position": 999}
    return Material.objects.create(code=code, **names | fields)


def make_pickup(
    *,
    resident: User | None = None,
    items: Mapping[str, float] | None = None,
    location: Point = LUMPHINI,
    now: datetime | None = None,
    **fields: Any,
) -> Pickup:
    """An open pickup of 3 kg clear PET in Lumphini, posted at `now`; `items` is `{material code: quantity}`."""
    now = now or read_clock()
    lines = [(material(code), Decimal(str(quantity))) for code, quantity in (items or {"pet_clear": 3}).items()]
    pickup = Pickup.objects.create(
        **{
            "resident": resident or make_user(),
            "title": "Bottles",
            "location": location,
            "cell": cell_of(location),
            "area": "Lumphini",
            "address": "99/1 Rama IV Road",
            "access_note": "Ring twice",
            "window_from": now + timedelta(hours=1),
            "window_until": now + timedelta(hours=4),
            "expires_at": now + timedelta(days=7),
            "kg_estimate": sum(quantity * kind.kg_per_unit for kind, quantity in lines),
            "material_ids": sorted(kind.pk for kind, _ in lines),
            "created_at": now,
            "updated_at": now,
        }
        | fields
    )
    PickupItem.objects.bulk_create(
        PickupItem(pickup=pickup, material=kind, quantity=quantity, kg_estimate=quantity * kind.kg_per_unit)
        for kind, quantity in lines
    )
    return pickup


def make_collector(
    *, user: User | None = None, materials: Iterable[str] = (), now: datetime | None = None, **fields: Any
) -> Collector:
    """A collector in Lumphini who takes everything within 5 km; the user is `.user`."""
    return Collector.objects.create(
        **{
            "user": user or make_user(),
            "service_point": LUMPHINI,
            "radius_m": 5_000,
            "material_ids": sorted(material(code).pk for code in materials),
            "updated_at": now or read_clock(),
        }
        | fields
    )


def make_drop_off_point(location: Point = LUMPHINI, **fields: Any) -> DropOffPoint:
    """A drop-off point in Lumphini for clear PET, open on weekdays."""
    return DropOffPoint.objects.create(
        **{
            "name_en": "Shop at the park",
            "name_th": "ร้านริมสวน",
            "location": location,
            "material_ids": [material("pet_clear").pk],
            "opening_hours": "Mo-Fr 08:00-17:00",
            "source": "City",
            "source_ref": uuid.uuid4().hex,
            "checked_on": date(2026, 11, 1),
        }
        | fields
    )
