"""Opening, closing and muting conversations."""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from backend.core.db.prepared import array_of, fetch_prepared
from backend.core.redis.nudges import publish
from backend.core.text.characters import cut
from chat.models import Conversation, topic_of
from chat.responses import UserTyping
from chat.selectors import get_conversation_for
from chat.services.deletion import delete_locations_in
from chat.services.messages import require_may_write
from notifications.models import Mute
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


def open_conversation(*, user_ids: Collection[uuid.UUID], title: str, now: datetime) -> Conversation:
    """Create a conversation between `user_ids`. Writes no event: the caller's own event tells them."""
    conversation = Conversation(title=cut(title, TITLE_CHARACTERS_MAX), created_at=now)
    values = {"id": conversation.pk, "title": conversation.title, "now": now, "user_ids": array_of(user_ids)}
    fetch_prepared(_OPEN, values)
    conversation._state.adding = False
    return conversation


@transaction.atomic(savepoint=False)
def close_conversation(*, conversation_id: uuid.UUID, now: datetime, after: timedelta = timedelta(0)) -> None:
    """Close it for writing `after` a time, and delete shared locations now. Messages stay readable.

    An earlier end stays: closing twice changes nothing.
    """
    closed_at = now + after
    open_then = Conversation.objects.filter(Q(closed_at=None) | Q(closed_at__gt=closed_at), pk=conversation_id)
    open_then.update(closed_at=closed_at)
    delete_locations_in(conversation_id)


def clear_titles(conversation_ids: Iterable[uuid.UUID]) -> None:
    """Erase the titles of conversations, when the user whose words they are is erased."""
    Conversation.objects.filter(pk__in=conversation_ids).update(title="")


def mute_conversation(*, user_id: uuid.UUID, conversation_id: uuid.UUID, until: datetime | None, now: datetime) -> Mute:
    """Stop pushes of its messages to this user, until `until` or unmuted. Raises NotFound or MuteOver."""
    conversation = get_conversation_for(user_id, conversation_id)
    return mute_topic(user_id=user_id, topic=topic_of(conversation.pk), until=until, now=now)


def unmute_conversation(*, user_id: uuid.UUID, conversation_id: uuid.UUID) -> None:
    """Push its messages to this user again. Unmuting twice changes nothing. Raises NotFound for a stranger."""
    conversation = get_conversation_for(user_id, conversation_id)
    unmute_topic(user_id=user_id, topic=topic_of(conversation.pk))


def relay_typing(*, user_id: uuid.UUID, conversation_id: uuid.UUID, now: datetime) -> None:
    """Tell the other participants' open sockets that the user is typing. Nothing is stored.

    Raises NotFound, ConversationClosed or Blocked.
    """
    frame = UserTyping(conversation=conversation_id, user=user_id)
    publish([(other_id, frame) for other_id in require_may_write(user_id, conversation_id, now)])
