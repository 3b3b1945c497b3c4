"""What chat holds about a person: his copy of it, and its erasure."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from backend.accounts.models import User
from chat.models import Conversation, Message, MessageLocation, Participant
from chat.services.conversations import close_conversation
from chat.services.photos import remove_photos_on_commit
from chat.services.redaction import redact_messages
from chat.shapes import degrees, message_shape


def export(*, user: User) -> Mapping[str, object]:
    """The conversations he takes part in, and what he wrote there, ready for JSON."""
    return {
        "conversations": list(
            Participant.objects.filter(user=user)
            .order_by("conversation_id")
            .values("conversation_id", "conversation__title", "read_seq")
        ),
        "messages": [message_shape(message) for message in Message.objects.filter(sender=user).order_by("id")],
        "locations": [
            {"message": str(row.pk), **degrees(row.point), "expires_at": row.expires_at}
            for row in MessageLocation.objects.filter(message__sender=user).order_by("pk")
        ],
    }


def leave(*, user: User, now: datetime) -> None:
    """Close his conversations, those of completed matches too: nobody writes to who is not there, nor does he."""
    open_ones = Conversation.objects.filter(participants__user=user, closed_at=None).order_by("pk")
    for conversation_id in open_ones.values_list("pk", flat=True):
        close_conversation(conversation_id=conversation_id, now=now)


def erase(*, user: User, now: datetime) -> None:
    """Empty what he wrote, in the others' event logs too; the places stay, so that no conversation gets a gap."""
    his = Message.objects.filter(sender=user, deleted_at=None, kind__in=Message.SENDABLE)
    remove_photos_on_commit(his.filter(kind=Message.Kind.PHOTO).values_list("pk", flat=True))
    MessageLocation.objects.filter(message__sender=user).delete()
    his.update(text="", data={}, deleted_at=now)
    partners = _partners_of(user)
    for kind in Message.SENDABLE:
        redact_messages(user_ids=partners, like={"sender": str(user.pk), "kind": kind}, now=now)


def _partners_of(user: User) -> list[uuid.UUID]:
    """Everybody with whom he has a conversation."""
    with_him = Participant.objects.filter(conversation__participants__user=user).exclude(user=user)
    return list(with_him.values_list("user_id", flat=True).distinct())
