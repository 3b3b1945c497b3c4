"""Opening, closing, reading and muting conversations."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from backend.core.db.prepared import array_of, fetch_prepared
from backend.core.errors import NotFound
from backend.core.redis.nudges import publish
from backend.core.text.characters import cut
from chat.models import Conversation, Participant, topic_of
from chat.responses import UserTyping
from chat.selectors import get_conversation_for
from chat.services.deletion import delete_locations_in
from chat.services.messages import require_may_write
from notifications.models import Mute
from notifications.services.inbox import mark_collapsed_read
from notifications.services.notify import Notice, notify
from notifications.services.preferences import mute_topic, unmute_topic

TITLE_CHARACTERS_MAX = 120
_OPEN = """
    WITH conversation AS (
        INSERT INTO chat_conversation (id, title, last_seq, created_at)
        VALUES (%(id)s, %(title)s, 0, %(now)s)
        RETURNING id
    )
    INSERT INTO chat_participant (conversation_id, user_id, read_seq)
    SELECT id, unnest(%(user_ids)s::uuid[]), 0 FROM conversation
    RETURNING true
"""
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


def open_conversation(*, user_ids: Collection[uuid.UUID], title: str, now: datetime) -> Conversation:
    """Create a conversation between `user_ids`. Writes no event: the caller's own event tells them."""
    conversation = Conversation(title=cut(title, TITLE_CHARACTERS_MAX), created_at=now)
    values = {"id": conversation.pk, "title": conversation.title, "now": now, "user_ids": array_of(user_ids)}
    fetch_prepared(_OPEN, values)
    conversation._state.adding = False
    return conversation


@transaction.atomic(savepoint=False)
def close_conversation(*, conversation_id: uuid.UUID, now: datetime) -> None:
    """Close it for writing, and delete shared locations. Messages stay readable. Closing twice changes nothing."""
    Conversation.objects.filter(pk=conversation_id, closed_at=None).update(closed_at=now)
    delete_locations_in(conversation_id)


@transaction.atomic
def mark_read(*, user_id: uuid.UUID, conversation_id: uuid.UUID, seq: int, now: datetime) -> int:
    """Move the user's read position forward to `seq`, at most to the last message; returns the position.

    Notifies the other participants, without a push, except those with a block between them and the user. When the
    position does not move, nobody is notified. Raises NotFound for a stranger.
    """
    moved = _move_position(user_id, conversation_id, seq)
    if moved is None:
        return _position_of(user_id, conversation_id)
    position, others = moved
    data = {"conversation": str(conversation_id), "user": str(user_id), "seq": position}
    notify(notices=[Notice(user_id=other, event="message.read", data=data) for other in others], now=now)
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


def mute_conversation(*, user_id: uuid.UUID, conversation_id: uuid.UUID, until: datetime | None, now: datetime) -> Mute:
    """Stop pushes of its messages to this user, until `until` or unmuted. Raises NotFound or MuteOver."""
    conversation = get_conversation_for(user_id, conversation_id)
    return mute_topic(user_id=user_id, topic=topic_of(conversation.pk), until=until, now=now)


def unmute_conversation(*, user_id: uuid.UUID, conversation_id: uuid.UUID) -> None:
    """Push its messages to this user again. Unmuting twice changes nothing. Raises NotFound for a stranger."""
    conversation = get_conversation_for(user_id, conversation_id)
    unmute_topic(user_id=user_id, topic=topic_of(conversation.pk))


def relay_typing(*, user_id: uuid.UUID, conversation_id: uuid.UUID) -> None:
    """Tell the other participants' open sockets that the user is typing. Nothing is stored.

    Raises NotFound, ConversationClosed or Blocked.
    """
    frame = UserTyping(conversation=conversation_id, user=user_id)
    publish([(other_id, frame) for other_id in require_may_write(user_id, conversation_id)])
