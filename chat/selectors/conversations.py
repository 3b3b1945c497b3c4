"""Reading conversations: each person's own, and nobody else's."""

import uuid
from collections.abc import Collection
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, JSONObject

from backend.accounts.models import Block
from backend.core.errors import NotFound
from chat.models import Conversation, Message, Participant


def get_conversation_for(user_id: uuid.UUID, conversation_id: uuid.UUID) -> Conversation:
    """The conversation, if this person takes part in it. Raises NotFound for everybody else."""
    conversation = Conversation.objects.filter(pk=conversation_id, participants__user_id=user_id).first()
    if conversation is None:
        raise NotFound
    return conversation


def conversations_of(user_id: uuid.UUID) -> QuerySet[Conversation]:
    """This person's conversations, each with all the list shows, in one query.

    Annotated: `read_seq` (how far the person has read), `other_read_seq` (the other, as far as it shows), `unread`,
    `active_at` (the last message, or the opening), and as JSON or None `last_message` and `other` (fields of a User).
    Unread is what others and the service wrote after `read_seq` and have not deleted; closed conversations count too,
    those with somebody whom this person has blocked do not.
    """
    return Conversation.objects.filter(participants__user_id=user_id).annotate(
        read_seq=F("participants__read_seq"),
        other_read_seq=Subquery(_others(user_id).values("shown_seq")[:1]),
        unread=Case(When(_is_with_blocked(user_id), then=0), default=Coalesce(Subquery(_unread_count(user_id)), 0)),
        active_at=Coalesce("last_message_at", "created_at"),
        last_message=Subquery(_last_message()),
        other=Subquery(_other(user_id)),
    )


def _unread_count(user_id: uuid.UUID) -> QuerySet[Message, Any]:
    after = Message.objects.filter(conversation=OuterRef("pk"), seq__gt=OuterRef("participants__read_seq"))
    unread = after.filter(deleted_at=None).exclude(sender_id=user_id)
    return unread.order_by().values("conversation").annotate(n=Count("pk")).values("n")


def _last_message() -> QuerySet[Message, Any]:
    last = Message.objects.filter(conversation=OuterRef("pk"), seq=OuterRef("last_seq"))
    return last.values(json=JSONObject(**{field.attname: field.attname for field in Message._meta.concrete_fields}))


def _other(user_id: uuid.UUID) -> QuerySet[Participant, Any]:
    fields = JSONObject(id="user_id", display_name="user__display_name", avatar_colour="user__avatar_colour")
    return _others(user_id).values(json=fields)[:1]


def _others(user_id: uuid.UUID) -> QuerySet[Participant]:
    return Participant.objects.filter(conversation=OuterRef("pk")).exclude(user_id=user_id).order_by("pk")


def _is_with_blocked(user_id: uuid.UUID) -> Exists:
    """Blocked by this person: that the other has blocked him must not show."""
    return Exists(Block.objects.filter(blocker_id=user_id, blocked__participations__conversation=OuterRef("pk")))


def others_in(conversation_id: uuid.UUID, user_id: uuid.UUID) -> list[uuid.UUID]:
    """Who else takes part."""
    others = Participant.objects.filter(conversation_id=conversation_id).exclude(user_id=user_id)
    return list(others.values_list("user_id", flat=True))


def has_block_between(user_id: uuid.UUID, other_ids: Collection[uuid.UUID]) -> bool:
    """Whether this person and any of the others have blocked each other, either way."""
    made = Q(blocker_id=user_id, blocked_id__in=other_ids)
    received = Q(blocked_id=user_id, blocker_id__in=other_ids)
    return Block.objects.filter(made | received).exists()
