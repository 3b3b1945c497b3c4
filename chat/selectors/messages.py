"""Reading messages."""

import uuid
from datetime import datetime

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, When

from backend.accounts.models import Block
from backend.core.errors import NotFound
from chat.models import Message, MessageLocation, MessagePhoto

MESSAGES_MAX = 100


def messages_of(
    conversation_id: uuid.UUID,
    *,
    reader_id: uuid.UUID,
    now: datetime,
    before: int | None = None,
    after: int | None = None,
    limit: int = MESSAGES_MAX,
) -> list[Message]:
    """At most `limit` messages numbered below `before` and above `after`.

    The newest first, as a reader scrolls back; with `after` the oldest first, as a reader catches up.
    """
    messages = with_points(Message.objects.filter(conversation_id=conversation_id), reader_id, now)
    messages = _between(messages, before, after)
    return list(messages.order_by("-seq" if after is None else "seq")[: min(limit, MESSAGES_MAX)])


def get_message_for(user_id: uuid.UUID, conversation_id: uuid.UUID, message_id: uuid.UUID, now: datetime) -> Message:
    """One message of a conversation in which this person takes part. Raises NotFound for everybody else."""
    mine = Message.objects.filter(conversation_id=conversation_id, conversation__participants__user_id=user_id)
    message = with_points(mine.filter(pk=message_id), user_id, now).first()
    if message is None:
        raise NotFound
    return message


def with_points(messages: QuerySet[Message], reader_id: uuid.UUID, now: datetime) -> QuerySet[Message]:
    """With `point`: where the sender is, as long as he shares it and he and the reader have not blocked each other."""
    shared = MessageLocation.objects.filter(message=OuterRef("pk"), expires_at__gt=now)
    sender = OuterRef("message__sender")
    made, received = Q(blocker=reader_id, blocked=sender), Q(blocker=sender, blocked=reader_id)
    point = shared.exclude(Exists(Block.objects.filter(made | received))).values("point")
    # Only where there can be one: a page of texts looks for nothing.
    return messages.annotate(point=Case(When(kind=Message.Kind.LOCATION, then=Subquery(point))))


def get_photo_for(user_id: uuid.UUID, conversation_id: uuid.UUID, message_id: uuid.UUID) -> MessagePhoto:
    """The photo of a message that is not deleted, for who takes part. Raises NotFound for everybody else."""
    there = Q(message__conversation_id=conversation_id, message__deleted_at=None)
    mine = Q(message__conversation__participants__user_id=user_id)
    photo = MessagePhoto.objects.filter(there, mine, pk=message_id).first()
    if photo is None:
        raise NotFound
    return photo


def _between(messages: QuerySet[Message], before: int | None, after: int | None) -> QuerySet[Message]:
    if before is not None:
        messages = messages.filter(seq__lt=before)
    if after is not None:
        messages = messages.filter(seq__gt=after)
    return messages
