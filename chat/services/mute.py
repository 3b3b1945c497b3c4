"""Keeping a conversation from being pushed."""

import uuid
from datetime import datetime

from chat.selectors.conversations import get_conversation_for
from chat.topics import collapse_key_of
from notifications.models import Mute
from notifications.services.preferences import mute_topic, unmute_topic


def mute_conversation(*, user_id: uuid.UUID, conversation_id: uuid.UUID, until: datetime | None, now: datetime) -> Mute:
    """No message of it is pushed to this person, `until` then or for good. Raises NotFound, MuteOver."""
    conversation = get_conversation_for(user_id, conversation_id)
    return mute_topic(user_id=user_id, topic=collapse_key_of(conversation.pk), until=until, now=now)


def unmute_conversation(*, user_id: uuid.UUID, conversation_id: uuid.UUID) -> None:
    """Its messages are pushed again; doing it twice changes nothing. Raises NotFound for a stranger."""
    conversation = get_conversation_for(user_id, conversation_id)
    unmute_topic(user_id=user_id, topic=collapse_key_of(conversation.pk))
