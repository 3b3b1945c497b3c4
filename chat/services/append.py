"""Giving a message its place at the end of a conversation, in one statement: every chat waits for it."""

import uuid
from datetime import datetime
from typing import Any

import msgspec

from backend.shared.ids import new_id
from backend.shared.prepared import fetch_prepared
from chat.models import Conversation, Message
from chat.services.drafts import Draft

_encode = msgspec.json.Encoder().encode

# The UPDATE holds the conversation until the end of the transaction, so that numbers have no gap and are committed in
# their order. Having waited for it, PostgreSQL looks at the conversation again, closed or not.
_APPEND = """
    WITH place AS (
        UPDATE chat_conversation AS conversation SET last_seq = last_seq + 1, last_message_at = %(now)s
        WHERE id = %(conversation)s {only_if}
        RETURNING last_seq
    )
    INSERT INTO chat_message (id, conversation_id, seq, sender_id, client_id, kind, text, data, created_at)
    SELECT %(id)s, %(conversation)s, last_seq, %(sender)s::uuid, %(client_id)s, %(kind)s, %(text)s, %(data)s::jsonb,
        %(now)s
    FROM place
    RETURNING seq, ARRAY(SELECT user_id FROM chat_participant WHERE conversation_id = %(conversation)s)
"""
_MAY_WRITE = """
    AND closed_at IS NULL
    AND EXISTS (
        SELECT FROM chat_participant
        WHERE conversation_id = conversation.id AND user_id = %(sender)s
    )
    AND NOT EXISTS (
        SELECT FROM chat_message
        WHERE conversation_id = conversation.id AND sender_id = %(sender)s AND client_id = %(client_id)s
    )
    AND NOT EXISTS (
        SELECT FROM accounts_block JOIN chat_participant AS other ON other.conversation_id = conversation.id
        WHERE (blocker_id, blocked_id) IN ((%(sender)s, other.user_id), (other.user_id, %(sender)s))
    )
"""
_BY_A_PERSON = _APPEND.format(only_if=_MAY_WRITE)
_BY_THE_SERVICE = _APPEND.format(only_if="")


def append(
    draft: Draft, *, conversation_id: uuid.UUID, sender_id: uuid.UUID, client_id: uuid.UUID, now: datetime
) -> tuple[Message, list[uuid.UUID]] | None:
    """Append what a person sends; returns the message and everybody in the conversation.

    None where it must not be: he takes no part, it is closed, one has blocked the other, or he has sent this
    `client_id` before. IntegrityError where he sends it twice at this moment.
    """
    message = _message(draft, conversation_id, sender_id, client_id, now)
    return _insert(_BY_A_PERSON, message)


def append_card(
    draft: Draft, *, conversation_id: uuid.UUID, by: uuid.UUID | None, now: datetime
) -> tuple[Message, list[uuid.UUID]]:
    """Append what the service says, whatever the conversation's state. Raises DoesNotExist."""
    found = _insert(_BY_THE_SERVICE, _message(draft, conversation_id, by, new_id(), now))
    if found is None:
        raise Conversation.DoesNotExist(conversation_id)
    return found


def _message(
    draft: Draft, conversation_id: uuid.UUID, sender_id: uuid.UUID | None, client_id: uuid.UUID, now: datetime
) -> Message:
    return Message(
        conversation_id=conversation_id,
        sender_id=sender_id,
        client_id=client_id,
        kind=draft.kind,
        text=draft.text,
        data=dict(draft.data),
        created_at=now,
    )


def _insert(statement: str, message: Message) -> tuple[Message, list[uuid.UUID]] | None:
    rows = fetch_prepared(statement, _values(message))
    if not rows:
        return None
    message.seq, people = rows[0]
    message._state.adding = False
    return message, people


def _values(message: Message) -> dict[str, Any]:
    return {
        "id": message.pk,
        "conversation": message.conversation_id,
        "sender": message.sender_id,
        "client_id": message.client_id,
        "kind": str(message.kind),
        "text": message.text,
        "data": _encode(message.data).decode(),
        "now": message.created_at,
    }
