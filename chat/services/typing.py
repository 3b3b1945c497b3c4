"""Somebody is writing: told to the others at once, kept nowhere."""

import uuid

from backend.core.redis.nudges import publish
from chat.errors import Blocked, ConversationClosed
from chat.selectors.conversations import get_conversation_for, has_block_between, others_in


def relay_typing(*, user_id: uuid.UUID, conversation_id: uuid.UUID) -> None:
    """Tell the others' open sockets. Raises NotFound, ConversationClosed or Blocked."""
    conversation = get_conversation_for(user_id, conversation_id)
    if conversation.closed_at is not None:
        raise ConversationClosed
    others = others_in(conversation.pk, user_id)
    if has_block_between(user_id, others):
        raise Blocked
    frame = {"type": "typing", "conversation": str(conversation.pk), "user": str(user_id)}
    publish([(other, frame) for other in others])
