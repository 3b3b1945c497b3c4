"""How far a person has read."""

import uuid
from datetime import datetime

from django.db import transaction

from chat.models import Participant
from chat.selectors.conversations import others_in
from chat.services.messages import lock_conversation_for
from chat.topics import collapse_key_of
from notifications.services.ack import mark_collapsed_read
from notifications.services.notify import Notice, notify


@transaction.atomic
def mark_read(*, user_id: uuid.UUID, conversation_id: uuid.UUID, seq: int, now: datetime) -> int:
    """Move this person's position forward to `seq`, at most to the last message; returns the position.

    Tells the others, without a push. Where nothing moves, nobody is told. Raises NotFound for a stranger.
    """
    # The lock keeps a message that arrives now from being taken for a read one.
    conversation = lock_conversation_for(user_id, conversation_id)
    position = Participant.objects.get(conversation=conversation, user_id=user_id)
    seq = min(seq, conversation.last_seq)
    if seq <= position.read_seq:
        return position.read_seq
    position.read_seq = seq
    position.save(update_fields=["read_seq"])
    if seq == conversation.last_seq:
        mark_collapsed_read(user_id=user_id, collapse_key=collapse_key_of(conversation.pk), now=now)
    data = {"conversation": str(conversation.pk), "user": str(user_id), "seq": seq}
    others = others_in(conversation.pk, user_id)
    notify(notices=[Notice(user_id=other, event="message.read", data=data) for other in others], now=now)
    return seq
