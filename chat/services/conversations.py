"""Opening and closing the chat of a match."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from backend.shared.rows import insert_together
from chat.models import Conversation, Participant
from chat.services.locations import end_sharing_in


def draft_conversation(
    *, user_ids: Collection[uuid.UUID], title: str, now: datetime
) -> tuple[Conversation, list[Participant]]:
    """The rows of a new conversation between `user_ids`, for a caller who stores them together with his own."""
    conversation = Conversation(title=title[:120], created_at=now)
    return conversation, [Participant(conversation=conversation, user_id=user_id) for user_id in user_ids]


def open_conversation(*, user_ids: Collection[uuid.UUID], title: str, now: datetime) -> Conversation:
    """A new conversation between `user_ids`. Tells nobody: the caller's own event does."""
    conversation, participants = draft_conversation(user_ids=user_ids, title=title, now=now)
    insert_together(conversation, *participants)
    return conversation


@transaction.atomic(savepoint=False)
def close_conversation(*, conversation_id: uuid.UUID, now: datetime) -> None:
    """Nobody writes there from now on; everybody keeps reading, but no locations. Closing twice changes nothing."""
    Conversation.objects.filter(pk=conversation_id, closed_at=None).update(closed_at=now)
    end_sharing_in(conversation_id)
