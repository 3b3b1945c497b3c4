"""Reading whether a conversation is muted."""

import uuid
from datetime import datetime

from chat.selectors.conversations import get_conversation_for
from chat.topics import collapse_key_of
from notifications.models import Mute
from notifications.selectors.preferences import mutes_of


def mute_of(*, user_id: uuid.UUID, conversation_id: uuid.UUID, now: datetime) -> Mute | None:
    """This person's mute of it that is in force. Raises NotFound for a stranger."""
    conversation = get_conversation_for(user_id, conversation_id)
    return mutes_of(user_ids=[user_id], now=now).filter(topic=collapse_key_of(conversation.pk)).first()
