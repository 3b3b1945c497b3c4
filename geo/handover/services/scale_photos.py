"""Photos of the scale: evidence for both parties, which cannot change after both have confirmed."""

import uuid
from datetime import datetime
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from backend.core.errors import NotFound
from backend.core.media.pictures import Picture, delete_with_files, discard, keep, redraw, require_few_bytes
from geo.handover_errors import MatchOver, ScalePhotosFull
from geo.lifecycle.locks import lock_active_match_of
from geo.lifecycle.matches import get_match_for
from geo.models import Match, ScalePhoto


def add_scale_photo(*, user_id: uuid.UUID, match_id: uuid.UUID, file: BinaryIO, size: int, now: datetime) -> ScalePhoto:
    """Add a photo of `size` bytes to the weigh-in, by either party.

    Raises NotFound, MatchOver, ScalePhotosFull, PhotoTooLarge, PhotoTooManyPixels or PhotoUnreadable.
    """
    require_few_bytes(size)
    # Checked before decoding, which is expensive, and again under the lock.
    _require_room(get_match_for(match_id=match_id, user_id=user_id))
    photo = _store(redraw(file), ScalePhoto(by_id=user_id, created_at=now))
    try:
        return _attach(photo, user_id=user_id, match_id=match_id)
    except BaseException:
        discard(photo.large, photo.thumb)
        raise


@transaction.atomic
def remove_scale_photo(*, user_id: uuid.UUID, match_id: uuid.UUID, photo_id: uuid.UUID) -> None:
    """Remove a photo that the user added. Raises NotFound or MatchOver."""
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    photos = ScalePhoto.objects.filter(pk=photo_id, handover_id=match.pk, by_id=user_id)
    if not photos:
        raise NotFound
    delete_with_files(photos)


def _store(picture: Picture, photo: ScalePhoto) -> ScalePhoto:
    """Write both files, before any row refers to them."""
    keep(picture, large=photo.large, thumb=photo.thumb)
    photo.width, photo.height = picture.width, picture.height
    return photo


@transaction.atomic
def _attach(photo: ScalePhoto, *, user_id: uuid.UUID, match_id: uuid.UUID) -> ScalePhoto:
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    _require_room(match)
    photo.handover = match.handover
    photo.save(force_insert=True)
    return photo


def _require_room(match: Match) -> None:
    if match.status != Match.Status.ACTIVE:
        raise MatchOver
    if ScalePhoto.objects.filter(handover_id=match.pk).count() >= settings.SCALE_PHOTOS_MAX:
        raise ScalePhotosFull(limit=settings.SCALE_PHOTOS_MAX)
