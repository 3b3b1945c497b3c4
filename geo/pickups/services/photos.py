"""Adding and removing the photos of a pickup, and deleting files without a row."""

import uuid
from datetime import datetime
from typing import BinaryIO

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

from backend.core.errors import NotFound
from backend.core.media.orphans import remove_orphans
from backend.core.media.pictures import Picture, delete_with_files, discard, keep, redraw, require_few_bytes
from backend.core.media.private_files import private_storage
from backend.moderation.services.holding import is_known_picture
from geo.errors import PhotosFull, PickupNotOpen
from geo.lifecycle.locks import lock_own_pickup
from geo.models import Pickup, PickupPhoto, ScalePhoto
from geo.pickups.selectors import get_pickup_of
from geo.pickups.services.holding import hold_photo_for_review


def add_photo(*, resident_id: uuid.UUID, pickup_id: uuid.UUID, file: BinaryIO, size: int, now: datetime) -> PickupPhoto:
    """Add a photo of `size` bytes to an open pickup; collectors who passed see the pickup again.

    Raises NotFound, PickupNotOpen, PhotosFull, PhotoTooLarge, PhotoTooManyPixels or PhotoUnreadable.
    """
    require_few_bytes(size)
    # Checked before the costly decoding, and again under the lock.
    _require_room(get_pickup_of(resident_id, pickup_id), now)
    picture = redraw(file)
    photo = _store(picture, now)
    try:
        _attach(photo, picture, resident_id=resident_id, pickup_id=pickup_id, now=now)
    except BaseException:
        discard(photo.large, photo.thumb)
        raise
    return photo


@transaction.atomic
def remove_photo(*, resident_id: uuid.UUID, pickup_id: uuid.UUID, photo_id: uuid.UUID, now: datetime) -> None:
    """Remove a photo of an open pickup. Raises NotFound or PickupNotOpen."""
    pickup = lock_own_pickup(pickup_id=pickup_id, resident_id=resident_id)
    photos = pickup.photos.filter(pk=photo_id)
    if not photos:
        raise NotFound
    if not pickup.is_open_at(now):
        raise PickupNotOpen
    delete_with_files(photos)


@transaction.atomic
def _attach(
    photo: PickupPhoto, picture: Picture, *, resident_id: uuid.UUID, pickup_id: uuid.UUID, now: datetime
) -> PickupPhoto:
    pickup = lock_own_pickup(pickup_id=pickup_id, resident_id=resident_id)
    taken = _require_room(pickup, now)
    photo.pickup = pickup
    photo.position = min(set(range(settings.PHOTOS_MAX)) - taken)
    photo.save(force_insert=True)
    pickup.revision += 1
    pickup.updated_at = now
    pickup.save(update_fields=["revision", "updated_at"])
    if is_known_picture(picture.thumb):
        hold_photo_for_review(photo=photo, now=now)
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


def remove_orphaned_pickup_photos(*, now: datetime) -> int:
    """Delete the files of pickup photos that have no row; returns how many. Raises TooManyOrphans."""
    return remove_orphans(storage=default_storage, folder="pickups", rows=PickupPhoto.objects.order_by(), now=now)


def remove_orphaned_scale_photos(*, now: datetime) -> int:
    """Delete the files of photos of the scale that have no row; returns how many. Raises TooManyOrphans."""
    return remove_orphans(storage=private_storage, folder="scales", rows=ScalePhoto.objects.order_by(), now=now)
