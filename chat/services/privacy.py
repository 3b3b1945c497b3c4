"""Leaving conversations, and erasing what a user wrote in them."""

import uuid
from datetime import datetime

from django.db.models import Q

from backend.accounts.models import User
from chat.models import Conversation, Message, Participant
from chat.services.conversations import close_conversation
from chat.services.deletion import redact_messages
from chat.services.photos import remove_photos_on_commit


def leave(*, user: User, now: datetime) -> None:
    """Close all conversations of the user."""
    open_now = Q(closed_at=None) | Q(closed_at__gt=now)
    open_ones = Conversation.objects.filter(open_now, participants__user=user).order_by("pk")
    for conversation_id in open_ones.values_list("pk", flat=True):
        close_conversation(conversation_id=conversation_id, now=now)


def erase_messages(user: User, now: datetime) -> None:
    """Remove the content of the user's messages, also from event logs. Their numbers stay, so that none is missing."""
    messages = Message.objects.filter(sender=user, deleted_at=None, kind__in=Message.SENDABLE)
    remove_photos_on_commit(messages.filter(kind=Message.Kind.PHOTO).values_list("pk", flat=True))
    messages.update(text="", data={}, deleted_at=now)
    partners = _partners_of(user)
    for kind in Message.SENDABLE:
        redact_messages(user_ids=partners, like={"sender": str(user.pk), "kind": kind}, now=now)


def _partners_of(user: User) -> list[uuid.UUID]:
    """Everybody who shares a conversation with the user."""
    partners = Participant.objects.filter(conversation__participants__user=user).exclude(user=user)
    return list(partners.values_list("user_id", flat=True).distinct())
