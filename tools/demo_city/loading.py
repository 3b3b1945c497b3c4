"""Writing the demo city: all of it the first time, and later what is missing or ran out."""

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection, transaction
from django.db.models import Q

from backend.accounts.models import Consent, User
from backend.accounts.services.consents import current_versions
from backend.core.clock import city_zone
from geo.grid import cell_of
from geo.models import Collector, Material, Pickup, PickupItem, PickupPhoto, Swipe
from tools.demo_city import pictures
from tools.demo_city.people import CollectorPlan, Person, demo_id
from tools.demo_city.plan import CityPlan, PickupPlan, Picture

LOCK = 0x7F7_C17
Advance = Callable[[], object]


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


@dataclass(frozen=True)
class Loaded:
    """How much was new, and how many pickups that had run out are open again."""

    people: int
    collectors: int
    pickups: int
    reopened: int


@transaction.atomic
def load_rows(*, plan: CityPlan, catalogue: Mapping[str, Material], now: datetime) -> Loaded:
    """Write what is not there yet, and give new windows to pickups that ran out untouched.

    People may have changed the rows that exist, so nothing else in them is overwritten.
    """
    _wait_for_other_loads()
    today = start_of_day(now)
    people = _add_people(plan, today)
    collectors = _add_collectors(plan, catalogue, today)
    reopened = _reopen_pickups(plan, now)
    return Loaded(people=people, collectors=collectors, pickups=_add_pickups(plan, today), reopened=reopened)


def drawings_to_make(plan: CityPlan) -> list[Picture]:
    """The drawings that photos of the plan need and that do not exist."""
    return pictures.missing_drawings(photo.picture for photo in photos_of(plan.seed, plan.pickups))


def put_photos(*, plan: CityPlan, advance: Advance) -> None:
    """Give every photo of the city its two files; a photo that its resident deleted stays deleted."""
    photos = list(photos_of(plan.seed, plan.pickups))
    known = set(PickupPhoto.objects.filter(pk__in=[photo.id for photo in photos]).values_list("pk", flat=True))
    for photo in photos:
        if photo.id in known:
            _put_photo(photo)
        advance()


def _put_photo(photo: PhotoPlan) -> None:
    for size in settings.PHOTO_SIZES:
        pictures.put_photo(photo.picture, size, photo.file(size))


def _wait_for_other_loads() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _add_people(plan: CityPlan, today: datetime) -> int:
    ids = [person.id for person in plan.people]
    known = set(User.objects.filter(pk__in=ids).values_list("pk", flat=True))
    phones = [person.phone for person in plan.people if person.phone]
    taken = set(User.objects.filter(phone__in=phones).exclude(pk__in=ids).values_list("phone", flat=True))
    rows = [
        user_row(person, taken_phones={phone for phone in taken if phone}, today=today)
        for person in plan.people
        if person.id not in known
    ]
    return len(_with_consents(User.objects.bulk_create(rows), today))


def _with_consents(users: list[User], today: datetime) -> list[User]:
    """They have accepted the texts in force, so that the app does not ask who looks at the demo."""
    Consent.objects.bulk_create(
        Consent(user=user, purpose=purpose, version=version, is_given=True, channel="app", at=today)
        for user in users
        for purpose, version in current_versions().items()
    )
    return users


def _add_collectors(plan: CityPlan, catalogue: Mapping[str, Material], today: datetime) -> int:
    ids = [collector.person.id for collector in plan.collectors]
    known = set(Collector.objects.filter(pk__in=ids).values_list("pk", flat=True))
    rows = [
        collector_row(collector, catalogue=catalogue, today=today)
        for collector in plan.collectors
        if collector.person.id not in known
    ]
    return len(Collector.objects.bulk_create(rows))


def _add_pickups(plan: CityPlan, today: datetime) -> int:
    ids = [pickup.id for pickup in plan.pickups]
    known = set(Pickup.objects.filter(pk__in=ids).values_list("pk", flat=True))
    fresh = [pickup for pickup in plan.pickups if pickup.id not in known]
    Pickup.objects.bulk_create(pickup_row(pickup, today=today) for pickup in fresh)
    PickupItem.objects.bulk_create(item for pickup in fresh for item in item_rows(pickup))
    PickupPhoto.objects.bulk_create(
        photo_row(photo, today=today) for photo in photos_of(plan.seed, plan.pickups) if photo.pickup.id not in known
    )
    return len(fresh)


def _reopen_pickups(plan: CityPlan, now: datetime) -> int:
    """Pickups whose time ran out get a new window, unless a collector was notified that they are closed."""
    plans = {pickup.id: pickup for pickup in plan.pickups}
    today = start_of_day(now)
    rows = list(_ran_out(list(plans), now))
    for pickup in rows:
        pickup.window_from, pickup.window_until = window_of(plans[pickup.pk], today)
        pickup.expires_at = pickup.window_until
        pickup.status, pickup.closed_at = Pickup.Status.OPEN, None
        pickup.revision += 1
        pickup.updated_at = now
    fields = ["window_from", "window_until", "expires_at", "status", "closed_at", "revision", "updated_at"]
    Pickup.objects.bulk_update(rows, fields)
    return len(rows)


def _ran_out(ids: list[uuid.UUID], now: datetime) -> Iterable[Pickup]:
    over = Q(status=Pickup.Status.OPEN, expires_at__lte=now) | Q(status=Pickup.Status.EXPIRED)
    liked = Swipe.objects.filter(direction=Swipe.Direction.LIKE).values("pickup")
    untouched = Pickup.objects.filter(over, pk__in=ids).exclude(status=Pickup.Status.EXPIRED, pk__in=liked)
    return untouched.select_for_update(of=("self",), no_key=True).order_by("pk")


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
    """The account; without its phone number when another account has it."""
    return User(
        id=person.id,
        phone=person.phone if person.phone not in taken_phones else None,
        display_name=person.name,
        chosen_name=person.shown_name,
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
    width, height = pictures.photo_size()
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
