"""Sending photos: drawn anew like those of pickups, and shown to the people of the conversation alone."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from backend.core.media.orphans import remove_orphans
from backend.core.media.pictures import Picture, discard, keep, redraw, require_few_bytes
from backend.core.media.private_files import PrivateStorage
from chat.errors import MessagePhotosFull
from chat.models import Message, MessagePhoto
from chat.services.drafts import Draft
from chat.services.messages import may_send, send

SWEEP = 100


def send_photo(
    *, user_id: uuid.UUID, conversation_id: uuid.UUID, client_id: uuid.UUID, file: BinaryIO, size: int, now: datetime
) -> tuple[Message, bool]:
    """Send a picture of `size` bytes; like `send_message`.

    Raises also PhotoTooLarge, PhotoTooManyPixels, PhotoUnreadable or MessagePhotosFull.
    """
    require_few_bytes(size)
    # Whoever may not send it does not get it drawn, nor who sends it again.
    draft = Draft(kind=Message.Kind.PHOTO.value)
    first = may_send(draft, user_id=user_id, conversation_id=conversation_id, client_id=client_id)
    if first is not None:
        return first, False
    _require_room(user_id, conversation_id)
    return _send(redraw(file), user_id=user_id, conversation_id=conversation_id, client_id=client_id, now=now)


def remove_photos_of_deleted() -> int:
    """Remove the files of a batch of deleted messages, which a killed process has left behind. Returns how many."""
    left = MessagePhoto.objects.filter(message__deleted_at__isnull=False)[:SWEEP]
    return remove_photos(left)


def remove_orphaned_photos(*, now: datetime) -> int:
    """Remove the files that no row speaks of. Returns how many. Raises TooManyOrphans."""
    return remove_orphans(storage=PrivateStorage(), folder="chat", rows=MessagePhoto.objects.order_by(), now=now)


def remove_photos(photos: Iterable[MessagePhoto]) -> int:
    """Remove the files, and then the rows. Returns how many."""
    gone = 0
    for photo in photos:
        discard(photo.large, photo.thumb)
        photo.delete()
        gone += 1
    return gone


def remove_photos_on_commit(message_ids: Iterable[uuid.UUID]) -> None:
    """Once it is certain that these messages are deleted. What is interrupted is done by `remove_photos_of_deleted`."""
    photos = list(MessagePhoto.objects.filter(pk__in=message_ids))
    if photos:
        transaction.on_commit(partial(remove_photos, photos), robust=True)


def _require_room(user_id: uuid.UUID, conversation_id: uuid.UUID) -> None:
    sent = Message.objects.filter(conversation_id=conversation_id, sender_id=user_id, photo__isnull=False)
    if sent.count() >= settings.MESSAGE_PHOTOS_MAX:
        raise MessagePhotosFull(limit=settings.MESSAGE_PHOTOS_MAX)


def _send(
    picture: Picture, *, user_id: uuid.UUID, conversation_id: uuid.UUID, client_id: uuid.UUID, now: datetime
) -> tuple[Message, bool]:
    """The files are there before the row, and do not outlive its failure."""
    draft = Draft(kind=Message.Kind.PHOTO.value, data={"width": picture.width, "height": picture.height})
    photo = MessagePhoto()
    keep(picture, large=photo.large, thumb=photo.thumb)
    is_new = False
    try:
        with transaction.atomic():
            message, is_new = send(
                draft, user_id=user_id, conversation_id=conversation_id, client_id=client_id, now=now
            )
            if is_new:
                # Again, now that nobody else can write here: several may have found the last room.
                _require_room(user_id, conversation_id)
                photo.message = message
                photo.save(force_insert=True)
    except BaseException:
        discard(photo.large, photo.thumb)
        raise
    if not is_new:
        discard(photo.large, photo.thumb)
    return message, is_new
