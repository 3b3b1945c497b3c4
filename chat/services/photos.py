"""Sending photos. They are re-encoded like those of pickups, and only the participants can read them."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from backend.core.media.orphans import remove_orphans
from backend.core.media.pictures import Picture, discard, keep, redraw, require_few_bytes
from backend.core.media.private_files import private_storage
from chat.errors import MessagePhotosFull
from chat.models import Message, MessagePhoto
from chat.services.drafts import Draft
from chat.services.messages import find_resent_message, require_may_write, send_draft

BATCH = 100


def send_photo(
    *, user_id: uuid.UUID, conversation_id: uuid.UUID, client_id: uuid.UUID, file: BinaryIO, size: int, now: datetime
) -> tuple[Message, bool]:
    """Send a picture of `size` bytes, like `send_message`.

    Raises also PhotoTooLarge, PhotoTooManyPixels, PhotoUnreadable or MessagePhotosFull.
    """
    require_few_bytes(size)
    draft = Draft(kind=Message.Kind.PHOTO.value)
    first = find_resent_message(draft, user_id=user_id, conversation_id=conversation_id, client_id=client_id)
    if first is not None:
        return first, False
    # Checked before the picture is decoded, which takes long, and again when it is stored.
    require_may_write(user_id, conversation_id, now)
    _require_room(user_id, conversation_id)
    return _send(redraw(file), user_id=user_id, conversation_id=conversation_id, client_id=client_id, now=now)


def _require_room(user_id: uuid.UUID, conversation_id: uuid.UUID) -> None:
    sent = Message.objects.filter(conversation_id=conversation_id, sender_id=user_id, photo__isnull=False)
    if sent.count() >= settings.MESSAGE_PHOTOS_MAX:
        raise MessagePhotosFull(limit=settings.MESSAGE_PHOTOS_MAX)


def _send(
    picture: Picture, *, user_id: uuid.UUID, conversation_id: uuid.UUID, client_id: uuid.UUID, now: datetime
) -> tuple[Message, bool]:
    """Write the files before the row, and remove them when the row is not stored."""
    draft = Draft(kind=Message.Kind.PHOTO.value, data={"width": picture.width, "height": picture.height})
    photo = MessagePhoto()
    keep(picture, large=photo.large, thumb=photo.thumb)
    is_new = False
    try:
        with transaction.atomic():
            message, is_new = send_draft(
                draft, user_id=user_id, conversation_id=conversation_id, client_id=client_id, now=now
            )
            if is_new:
                # Checked again under the lock of the conversation: another photo may have been sent meanwhile.
                _require_room(user_id, conversation_id)
                photo.message = message
                photo.save(force_insert=True)
    except BaseException:
        discard(photo.large, photo.thumb)
        raise
    if not is_new:
        discard(photo.large, photo.thumb)
    return message, is_new


def remove_photos_on_commit(message_ids: Iterable[uuid.UUID]) -> None:
    """Remove the photos of deleted messages on commit. `remove_photos_of_deleted` repeats what was interrupted."""
    photos = list(MessagePhoto.objects.filter(pk__in=message_ids))
    if photos:
        transaction.on_commit(partial(_remove_photos, photos), robust=True)


def remove_photos_of_deleted(*, now: datetime) -> int:
    """Remove a batch of photos of deleted messages. Returns how many."""
    return _remove_photos(MessagePhoto.objects.filter(message__deleted_at__isnull=False)[:BATCH])


def _remove_photos(photos: Iterable[MessagePhoto]) -> int:
    """Remove the files, then the rows. Returns how many."""
    count = 0
    for photo in photos:
        discard(photo.large, photo.thumb)
        photo.delete()
        count += 1
    return count


def remove_orphaned_photos(*, now: datetime) -> int:
    """Remove files without a row. Returns how many. Raises TooManyOrphans."""
    return remove_orphans(storage=private_storage, folder="chat", rows=MessagePhoto.objects.order_by(), now=now)
