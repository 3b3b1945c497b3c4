"""A message as a subject of reports: the other participant reports it, and moderators alone read the evidence."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

from backend.accounts.models import User
from backend.core.errors import NotFound
from backend.moderation.models import Act
from backend.moderation.subjects import Thing
from chat.models import Message, MessagePhoto
from chat.services.deletion import remove_message, show_message

# Hiding takes the text away and restoring gives it back: removing would be no other act.
ACTS: Collection[Act.Kind] = (Act.Kind.HIDE,)


def find(object_id: uuid.UUID, *, reader: User) -> Thing:
    """A message that somebody wrote in a conversation of the reader. Raises NotFound."""
    own = Message.objects.filter(conversation__participants__user=reader, deleted_at=None, kind__in=Message.SENDABLE)
    message = own.select_related("sender").filter(pk=object_id).first()
    if message is None or message.sender is None:
        raise NotFound
    photos = [photo.large for photo in MessagePhoto.objects.filter(pk=message.pk)]
    code = str(message.data.get("code", ""))
    content = {"kind": message.kind, "text": message.text or code, "conversation": str(message.conversation_id)}
    return Thing(id=message.pk, author=message.sender, made_at=message.created_at, content=content, photos=photos)


def hide(object_id: uuid.UUID, *, now: datetime) -> None:
    """Delete the message as its author would; the evidence keeps its text."""
    remove_message(message_id=object_id, now=now)


def remove(object_id: uuid.UUID, *, now: datetime) -> None:
    """The same as `hide`."""
    remove_message(message_id=object_id, now=now)


def restore(object_id: uuid.UUID, *, act: Act | None, content: Mapping[str, str], now: datetime) -> None:
    """Give a text message its text back, unless its author deleted it. A photo has to be sent again."""
    if act is not None and content.get("kind") == Message.Kind.TEXT:
        removed_at = {at for at in (act.at, act.applied_at) if at}
        show_message(message_id=object_id, text=content["text"], removed_at=removed_at)
