"""Opening and closing the chat of a match."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from chat.models import Conversation, Participant
from chat.services.locations import end_sharing_in


@transaction.atomic(savepoint=False)
def open_conversation(*, user_ids: Collection[uuid.UUID], title: str, now: datetime) -> Conversation:
    """Create a conversation between `user_ids`. Sends no event: the caller's own event tells them."""
    conversation = Conversation.objects.create(title=title[:120], created_at=now)
    Participant.objects.bulk_create(Participant(conversation=conversation, user_id=user_id) for user_id in user_ids)
    return conversation


@transaction.atomic(savepoint=False)
def close_conversation(*, conversation_id: uuid.UUID, now: datetime) -> None:
    """Close it for writing. Messages stay readable, locations are removed. Closing it twice changes nothing."""
    Conversation.objects.filter(pk=conversation_id, closed_at=None).update(closed_at=now)
    end_sharing_in(conversation_id)
