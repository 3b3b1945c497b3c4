"""Photos of a pickup: kept small, clean and few."""

import uuid
from datetime import datetime
from functools import partial
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from backend.core.errors import NotFound
from backend.core.media.pictures import Picture, discard, keep, redraw, require_few_bytes
from geo.errors import PhotosFull, PickupNotOpen
from geo.lifecycle.locks import lock_own_pickup
from geo.models import Pickup, PickupPhoto
from geo.pickups.selectors import get_pickup_of


def add_photo(*, resident_id: uuid.UUID, pickup_id: uuid.UUID, file: BinaryIO, size: int, now: datetime) -> PickupPhoto:
    """Show a photo of `size` bytes with an open pickup; collectors who passed see the pickup again.

    Raises NotFound, PickupNotOpen, PhotosFull, PhotoTooLarge, PhotoTooManyPixels or PhotoUnreadable.
    """
    require_few_bytes(size)
    # Whoever may not add a photo does not get one drawn, either.
    _require_room(get_pickup_of(resident_id, pickup_id), now)
    photo = _store(redraw(file), now)
    try:
        return _attach(photo, resident_id=resident_id, pickup_id=pickup_id, now=now)
    except BaseException:
        remove_files(photo)
        raise


@transaction.atomic
def remove_photo(*, resident_id: uuid.UUID, pickup_id: uuid.UUID, photo_id: uuid.UUID, now: datetime) -> None:
    """Take a photo away from an open pickup. Raises NotFound or PickupNotOpen."""
    pickup = lock_own_pickup(pickup_id=pickup_id, resident_id=resident_id)
    photo = pickup.photos.filter(pk=photo_id).first()
    if photo is None:
        raise NotFound
    if not pickup.is_open_at(now):
        raise PickupNotOpen
    photo.delete()
    transaction.on_commit(partial(remove_files, photo))


@transaction.atomic
def _attach(photo: PickupPhoto, *, resident_id: uuid.UUID, pickup_id: uuid.UUID, now: datetime) -> PickupPhoto:
    pickup = lock_own_pickup(pickup_id=pickup_id, resident_id=resident_id)
    taken = _require_room(pickup, now)
    photo.pickup = pickup
    photo.position = min(set(range(settings.PHOTOS_MAX)) - taken)
    photo.save(force_insert=True)
    pickup.revision += 1
    pickup.updated_at = now
    pickup.save(update_fields=["revision", "updated_at"])
    return photo


def _require_room(pickup: Pickup, now: datetime) -> set[int]:
    """The positions that are taken. Raises PickupNotOpen or PhotosFull."""
    if not pickup.is_open_at(now):
        raise PickupNotOpen
    taken = set(pickup.photos.values_list("position", flat=True))
    if len(taken) >= settings.PHOTOS_MAX:
        raise PhotosFull(limit=settings.PHOTOS_MAX)
    return taken


def _store(picture: Picture, now: datetime) -> PickupPhoto:
    """Write both files; no row refers to them yet."""
    photo = PickupPhoto(created_at=now)
    keep(picture, large=photo.large, thumb=photo.thumb)
    photo.width, photo.height = picture.width, picture.height
    return photo


def remove_files(photo: PickupPhoto) -> None:
    """Delete both sizes from where photos are stored."""
    discard(photo.large, photo.thumb)
