"""How far a person has read."""

import uuid
from datetime import datetime

from django.db import transaction

from backend.core.db.prepared import fetch_prepared
from backend.core.errors import NotFound
from chat.models import Participant
from chat.topics import collapse_key_of
from notifications.services.inbox import mark_collapsed_read
from notifications.services.notify import Notice, notify

# Without a lock on the conversation: nobody who reads holds up those who write.
_MOVE = """
    UPDATE chat_participant AS me SET read_seq = least(%(seq)s::integer, last_seq), shown_seq = CASE
        WHEN EXISTS (
            SELECT FROM accounts_block JOIN chat_participant AS other ON other.conversation_id = me.conversation_id
            WHERE (blocker_id, blocked_id) IN ((me.user_id, other.user_id), (other.user_id, me.user_id))
        ) THEN shown_seq ELSE least(%(seq)s::integer, last_seq) END
    FROM chat_conversation AS conversation
    WHERE conversation.id = %(conversation)s AND me.conversation_id = conversation.id
        AND user_id = %(user)s AND read_seq < least(%(seq)s::integer, last_seq)
    RETURNING read_seq, ARRAY(
        SELECT user_id FROM chat_participant AS other
        WHERE other.conversation_id = me.conversation_id AND other.user_id <> me.user_id
            AND NOT EXISTS (
                SELECT FROM accounts_block
                WHERE (blocker_id, blocked_id) IN ((me.user_id, other.user_id), (other.user_id, me.user_id))
            )
    )
"""


@transaction.atomic
def mark_read(*, user_id: uuid.UUID, conversation_id: uuid.UUID, seq: int, now: datetime) -> int:
    """Move this person's position forward to `seq`, at most to the last message; returns the position.

    Tells the others, without a push, but nobody who is blocked or has blocked: to them it stays where it was. Where
    nothing moves, nobody is told.
    Raises NotFound for a stranger.
    """
    moved = _move(user_id, conversation_id, seq)
    if moved is None:
        return _position(user_id, conversation_id)
    position, others = moved
    data = {"conversation": str(conversation_id), "user": str(user_id), "seq": position}
    notify(notices=[Notice(user_id=other, event="message.read", data=data) for other in others], now=now)
    # After the counters, as everywhere, so that nobody waits in a circle.
    key = collapse_key_of(conversation_id)
    mark_collapsed_read(user_id=user_id, collapse_key=key, now=now, up_to=("message__seq", position))
    return position


def _move(user_id: uuid.UUID, conversation_id: uuid.UUID, seq: int) -> tuple[int, list[uuid.UUID]] | None:
    """The new position and the others; None where nothing moves."""
    rows = fetch_prepared(_MOVE, {"user": user_id, "conversation": conversation_id, "seq": seq})
    return (rows[0][0], rows[0][1]) if rows else None


def _position(user_id: uuid.UUID, conversation_id: uuid.UUID) -> int:
    position = Participant.objects.filter(conversation_id=conversation_id, user_id=user_id).first()
    if position is None:
        raise NotFound
    return position.read_seq
