"""Rows of the demo city: what the plan says, as unsaved models."""

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from backend.accounts.models import User
from backend.core.clock import city_zone
from geo.demo.ids import demo_id
from geo.demo.people import CollectorPlan, Person
from geo.demo.pictures import photo_size
from geo.demo.stories import PickupPlan, Picture
from geo.grid import cell_of
from geo.models import Collector, Material, Pickup, PickupItem, PickupPhoto


@dataclass(frozen=True)
class PhotoPlan:
    """One photo and its two files; which files is decided by its id."""

    id: uuid.UUID
    pickup: PickupPlan
    position: int
    picture: Picture

    def file(self, size: str) -> str:
        """The name in the media folder of one size."""
        return f"pickups/{uuid.uuid5(self.id, size).hex}.jpg"


def photos_of(seed: int, pickups: Collection[PickupPlan]) -> Iterator[PhotoPlan]:
    """Every photo of the planned pickups."""
    for number, pickup in enumerate(pickups):
        for position, picture in enumerate(pickup.pictures):
            yield PhotoPlan(demo_id(seed, f"photo {position}", number), pickup, position, picture)


def start_of_day(now: datetime) -> datetime:
    """Midnight of today in the city."""
    return datetime.combine(now.astimezone(city_zone()).date(), time(), city_zone())


def window_of(plan: PickupPlan, today: datetime) -> tuple[datetime, datetime]:
    """When the pickup can be collected, counted from midnight of `today`."""
    day = today + timedelta(days=plan.day)
    return day.replace(hour=plan.from_hour), day.replace(hour=plan.until_hour)


def user_row(person: Person, *, taken_phones: Collection[str], today: datetime) -> User:
    """The account; without its number when somebody else has that."""
    return User(
        id=person.id,
        phone=person.phone if person.phone not in taken_phones else None,
        display_name=person.name,
        locale=person.locale,
        avatar_colour=person.colour,
        password=UNUSABLE_PASSWORD_PREFIX,
        created_at=today - timedelta(days=40),
    )


def collector_row(plan: CollectorPlan, *, catalogue: Mapping[str, Material], today: datetime) -> Collector:
    """The collector profile."""
    return Collector(
        user_id=plan.person.id,
        service_point=plan.person.point,
        radius_m=plan.radius_m,
        material_ids=sorted(
            material.pk
            for material in catalogue.values()
            if material.group in plan.groups and not material.is_hazardous
        ),
        vehicle=plan.vehicle,
        capacity_kg=plan.capacity_kg,
        bio=plan.bio,
        updated_at=today,
    )


def pickup_row(plan: PickupPlan, *, today: datetime) -> Pickup:
    """The open pickup, which expires with its window."""
    window_from, window_until = window_of(plan, today)
    posted_at = today - timedelta(hours=plan.posted_hours_ago)
    return Pickup(
        id=plan.id,
        resident_id=plan.resident.id,
        title=plan.title,
        note=plan.note,
        location=plan.resident.point,
        cell=cell_of(plan.resident.point),
        area=plan.area,
        address=plan.address,
        access_note=plan.access_note,
        window_from=window_from,
        window_until=window_until,
        price_mode=plan.price_mode,
        price_thb=plan.price_thb,
        choose=plan.choose,
        expires_at=window_until,
        kg_estimate=plan.kg_estimate,
        material_ids=sorted(material.pk for material, _ in plan.items),
        created_at=posted_at,
        updated_at=posted_at,
    )


def item_rows(plan: PickupPlan) -> Iterator[PickupItem]:
    """What the pickup consists of."""
    for material, quantity in plan.items:
        kg = quantity * material.kg_per_unit
        yield PickupItem(pickup_id=plan.id, material=material, quantity=quantity, kg_estimate=kg)


def photo_row(plan: PhotoPlan, *, today: datetime) -> PickupPhoto:
    """The photo; its size is known, so no file is opened."""
    width, height = photo_size()
    return PickupPhoto(
        id=plan.id,
        pickup_id=plan.pickup.id,
        position=plan.position,
        width=width,
        height=height,
        large=plan.file("large"),
        thumb=plan.file("thumb"),
        created_at=today - timedelta(hours=plan.pickup.posted_hours_ago),
    )
