"""Read positions: a person has read a conversation up to a message, on all their devices."""

import uuid
from datetime import datetime

from django.db import transaction

from backend.core.db.prepared import fetch_prepared
from backend.core.errors import NotFound
from chat.models import Participant, topic_of
from notifications.services.inbox import mark_collapsed_read
from notifications.services.notify import Notice, notify

# Does not lock the conversation: readers do not delay writers. `shown_seq` stays where it is during a block.
_MOVE = """
    UPDATE chat_participant AS reader SET read_seq = least(%(seq)s::integer, last_seq), shown_seq = CASE
        WHEN EXISTS (
            SELECT FROM accounts_block JOIN chat_participant AS other ON other.conversation_id = reader.conversation_id
            WHERE (blocker_id, blocked_id) IN ((reader.user_id, other.user_id), (other.user_id, reader.user_id))
        ) THEN shown_seq ELSE least(%(seq)s::integer, last_seq) END
    FROM chat_conversation AS conversation
    WHERE conversation.id = %(conversation)s AND reader.conversation_id = conversation.id
        AND user_id = %(user)s AND read_seq < least(%(seq)s::integer, last_seq)
    RETURNING read_seq, ARRAY(
        SELECT user_id FROM chat_participant AS other
        WHERE other.conversation_id = reader.conversation_id AND other.user_id <> reader.user_id
            AND NOT EXISTS (
                SELECT FROM accounts_block
                WHERE (blocker_id, blocked_id) IN ((reader.user_id, other.user_id), (other.user_id, reader.user_id))
            )
    )
"""


@transaction.atomic
def mark_read(*, user_id: uuid.UUID, conversation_id: uuid.UUID, seq: int, now: datetime) -> int:
    """Move the user's read position forward to `seq`, at most to the last message; returns the position.

    Notifies the user's own devices and the other participants, without a push, except those with a block between them
    and the user. When the position does not move, nobody is notified. Raises NotFound for a stranger.
    """
    moved = _move_position(user_id, conversation_id, seq)
    if moved is None:
        return _position_of(user_id, conversation_id)
    position, others = moved
    data = {"conversation": str(conversation_id), "user": str(user_id), "seq": position}
    read = [Notice(user_id=person, event="message.read", data=data) for person in (user_id, *others)]
    notify(notices=read, now=now)
    # After `notify`: everywhere, events are locked after counters, which prevents deadlocks.
    topic = topic_of(conversation_id)
    mark_collapsed_read(user_id=user_id, collapse_key=topic, now=now, up_to=("message__seq", position))
    return position


def _move_position(user_id: uuid.UUID, conversation_id: uuid.UUID, seq: int) -> tuple[int, list[uuid.UUID]] | None:
    """The new position and the users to notify; None when it does not move."""
    rows = fetch_prepared(_MOVE, {"user": user_id, "conversation": conversation_id, "seq": seq})
    return (rows[0][0], rows[0][1]) if rows else None


def _position_of(user_id: uuid.UUID, conversation_id: uuid.UUID) -> int:
    participant = Participant.objects.filter(conversation_id=conversation_id, user_id=user_id).first()
    if participant is None:
        raise NotFound
    return participant.read_seq
