"""Giving a message its place at the end of a conversation, in one statement: every chat waits for it.

What a person sends is stored and told to everybody in the same statement, which is a transaction by itself. So it can
be run in a thread (`chat.services.messages`) or by the event loop that holds the sender's socket
(`chat.consumers.answers`): here is what both ask, and how the answer is read.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from backend.core.db.ids import new_id
from backend.core.db.prepared import fetch_prepared
from backend.core.redis.nudges import Frame
from chat.models import Conversation, Message
from chat.services.drafts import Draft
from chat.shapes import bare_shape
from chat.topics import collapse_key_of
from notifications.frames import nudge
from notifications.services.notify import Notice, notice_row, push_due_at

_encode = msgspec.json.Encoder().encode

# The UPDATE holds the conversation until the end of the transaction, so that numbers have no gap and are committed in
# their order. Having waited for it, PostgreSQL looks at the conversation again, closed or not.
_APPEND = """
    WITH place AS (
        UPDATE chat_conversation AS conversation SET last_seq = last_seq + 1, last_message_at = %(now)s
        WHERE id = %(conversation)s {only_if}
        RETURNING last_seq
    ), message AS (
        INSERT INTO chat_message (id, conversation_id, seq, sender_id, client_id, kind, text, data, created_at)
        SELECT %(id)s, %(conversation)s, last_seq, %(sender)s::uuid, %(client_id)s, %(kind)s, %(text)s, %(data)s::jsonb,
            %(now)s
        FROM place
        RETURNING conversation_id, seq
    )
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
# `message.sent` for everybody in the conversation; who did not write it is pushed to, unless an app of his is looking.
_AND_TELL = """
    SELECT message.seq, told.user_id, told.seq
    FROM message
    CROSS JOIN LATERAL (
        SELECT jsonb_set(%(notice)s::jsonb, '{data,message,seq}', to_jsonb(message.seq))
    ) AS numbered (notice)
    CROSS JOIN LATERAL write_events((
        SELECT jsonb_agg(notice || jsonb_build_object('user_id', user_id) || CASE
            WHEN user_id = %(sender)s THEN '{"wants_push": false, "is_urgent": false}'::jsonb ELSE '{}' END)
        FROM chat_participant WHERE conversation_id = message.conversation_id
    ), %(now)s, %(due_at)s) AS told
"""
_AND_ASK_WHO = """
    SELECT seq, ARRAY(SELECT user_id FROM chat_participant WHERE conversation_id = %(conversation)s) FROM message
"""
# The constraint that a message violates when its `client_id` is stored by another transaction at this moment.
ONE_PER_CLIENT_ID = "one_message_per_client_id"
SEND = _APPEND.format(only_if=_MAY_WRITE) + _AND_TELL
_POST = _APPEND.format(only_if="") + _AND_ASK_WHO


class Sent(NamedTuple):
    """A stored message, and what its readers' open sockets are to be told of it once it is committed."""

    message: Message
    frames: Sequence[tuple[uuid.UUID, Frame]]


class Sending:
    """One message on its way: `values` are what `SEND` needs, and `read` takes what it answers.

    The statement raises IntegrityError where this `client_id` is sent twice at this moment.
    """

    def __init__(
        self, draft: Draft, *, conversation_id: uuid.UUID, sender_id: uuid.UUID, client_id: uuid.UUID, now: datetime
    ) -> None:
        self._sender_id = sender_id
        self._message = _message(draft, conversation_id, sender_id, client_id, now)
        self._shape = bare_shape(self._message)
        self._told = {"conversation": str(conversation_id), "message": self._shape}

    @property
    def values(self) -> Mapping[str, Any]:
        """With what everybody is told, in which only the message's number and the reader are still missing."""
        notice = Notice(
            user_id=self._sender_id,
            event="message.sent",
            data=self._told,
            push=True,
            collapse_key=collapse_key_of(self._message.conversation_id),
            by=self._sender_id,
        )
        due = push_due_at(self._message.created_at)
        return _values(self._message) | {"notice": _encode(notice_row(notice)).decode(), "due_at": due}

    def read(self, rows: Sequence[tuple[Any, ...]]) -> Sent | None:
        """None where it must not be: he takes no part, it is closed, a block, or he has sent this before."""
        if not rows:
            return None
        self._message.seq = self._shape["seq"] = rows[0][0]
        self._message._state.adding = False
        at = self._message.created_at
        frames = [(reader, nudge(seq=seq, name="message.sent", data=self._told, at=at)) for _, reader, seq in rows]
        return Sent(self._message, frames)


def append_card(
    draft: Draft, *, conversation_id: uuid.UUID, by: uuid.UUID | None, now: datetime
) -> tuple[Message, list[uuid.UUID]]:
    """Append what the service says, whatever the conversation's state; returns it, and everybody in the conversation.

    Raises DoesNotExist.
    """
    message = _message(draft, conversation_id, by, new_id(), now)
    rows = fetch_prepared(_POST, _values(message))
    if not rows:
        raise Conversation.DoesNotExist(conversation_id)
    message.seq, people = rows[0]
    message._state.adding = False
    return message, people


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
