"""Sending messages: one statement numbers and stores a message and writes the events of all participants.

HTTP runs the statement on Django's connection, the socket runs it from the event loop (`chat.consumers.commands`).
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, cast

import msgspec
from django.db import IntegrityError, transaction

from backend.accounts.errors import AccountSuspended
from backend.accounts.models import User
from backend.accounts.selectors import has_block_between
from backend.core.db.constraints import constraint_of
from backend.core.db.ids import new_id
from backend.core.db.prepared import fetch_prepared
from backend.core.errors import NotFound
from backend.core.redis.nudges import Frame, publish_on_commit
from chat.cards import card_of
from chat.errors import Blocked, ClientIdReused, ConversationClosed
from chat.models import Conversation, Message, MessageLocation, topic_of
from chat.responses import MessageOut
from chat.selectors import get_conversation_for, others_in
from chat.services.drafts import Draft, build_draft
from chat.services.reading import mark_read
from notifications.frames import nudge
from notifications.services.notify import Notice, notice_row, push_due_at

_encode = msgspec.json.Encoder().encode

# The UPDATE locks the conversation until the end of the transaction: numbers have no gaps and are committed in order.
# After waiting for the lock, PostgreSQL evaluates the condition again.
_APPEND = """
    WITH conversation AS (
        UPDATE chat_conversation SET last_seq = last_seq + 1, last_message_at = %(now)s
        WHERE id = %(conversation)s {condition}
        RETURNING last_seq
    ), message AS (
        INSERT INTO chat_message (id, conversation_id, seq, sender_id, client_id, kind, text, data, created_at)
        SELECT %(id)s, %(conversation)s, last_seq, %(sender)s::uuid, %(client_id)s, %(kind)s, %(text)s, %(data)s::jsonb,
            %(now)s
        FROM conversation
        RETURNING conversation_id, seq
    )
"""
_MAY_WRITE = """
    AND (closed_at > %(now)s) IS NOT FALSE
    AND EXISTS (
        SELECT FROM chat_participant
        WHERE conversation_id = %(conversation)s AND user_id = %(sender)s
    )
    AND EXISTS (SELECT FROM accounts_user WHERE id = %(sender)s AND is_active)
    AND NOT EXISTS (
        SELECT FROM chat_message
        WHERE conversation_id = %(conversation)s AND sender_id = %(sender)s AND client_id = %(client_id)s
    )
    AND NOT EXISTS (
        SELECT FROM accounts_block JOIN chat_participant ON conversation_id = %(conversation)s
        WHERE (blocker_id, blocked_id) IN ((%(sender)s, user_id), (user_id, %(sender)s))
    )
"""
# A `message.sent` event for each participant. Only those who did not write it get a push. The last column tells whether
# the message answers one that its sender has not read; of several, only the first answer has to ask.
_WRITE_EVENTS = """
    SELECT message.seq, written.user_id, written.seq, EXISTS (
        SELECT FROM chat_participant AS reader JOIN chat_message AS before USING (conversation_id)
        WHERE conversation_id = message.conversation_id AND user_id = %(sender)s AND read_seq < before.seq
            AND before.seq = message.seq - 1 AND sender_id IS DISTINCT FROM user_id
    )
    FROM message
    CROSS JOIN LATERAL (
        SELECT jsonb_set(%(notice)s::jsonb, '{data,message,seq}', to_jsonb(message.seq))
    ) AS numbered (notice)
    CROSS JOIN LATERAL write_events((
        SELECT jsonb_agg(notice || jsonb_build_object('user_id', user_id) || CASE
            WHEN user_id = %(sender)s THEN '{"wants_push": false, "is_urgent": false}'::jsonb ELSE '{}' END)
        FROM chat_participant WHERE conversation_id = message.conversation_id
    ), %(now)s, %(due_at)s) AS written
"""
_SELECT_PARTICIPANTS = """
    SELECT seq, ARRAY(SELECT user_id FROM chat_participant WHERE conversation_id = %(conversation)s) FROM message
"""
SEND = _APPEND.format(condition=_MAY_WRITE) + _WRITE_EVENTS
_APPEND_CARD = _APPEND.format(condition="") + _SELECT_PARTICIPANTS
# The constraint that is violated when another transaction stores the same `client_id` at the same time.
ONE_PER_CLIENT_ID = "one_message_per_client_id"


def send_parameters(message: Message) -> Mapping[str, Any]:
    """The parameters of `SEND`: the message, and one notice, to which the statement adds number and recipients.

    The statement raises IntegrityError when the same `client_id` is stored at the same time.
    """
    notice = Notice(
        user_id=cast(uuid.UUID, message.sender_id),
        event="message.sent",
        data=_event_data(message),
        push=True,
        collapse_key=topic_of(message.conversation_id),
        by=message.sender_id,
    )
    due_at = push_due_at(message.created_at)
    return _parameters(message) | {"notice": _encode(notice_row(notice)).decode(), "due_at": due_at}


def parse_sent(message: Message, rows: Sequence[tuple[Any, ...]]) -> list[tuple[uuid.UUID, Frame]]:
    """Set the message's number from the rows of `SEND`; returns the frames for the participants' open sockets.

    Empty when nothing was stored: no participant, conversation closed, a block, or sent before.
    """
    if not rows:
        return []
    _set_stored(message, rows[0][0])
    data, at = _event_data(message), message.created_at
    return [(reader_id, nudge(seq=seq, name="message.sent", data=data, at=at)) for _, reader_id, seq, _ in rows]


def answers_unread(rows: Sequence[tuple[Any, ...]]) -> bool:
    """Whether, by the rows of `SEND`, the message answers what its sender has not read: then `mark_read` up to it.

    In a transaction of its own: read positions are locked before counters, and `SEND` locks counters.
    """
    return bool(rows and rows[0][3])


def send_message(
    *, user_id: uuid.UUID, conversation_id: uuid.UUID, client_id: uuid.UUID, kind: str, now: datetime, **parts: Any
) -> tuple[Message, bool]:
    """Append a message; returns it, and whether it is new. Notifies every participant, the sender's devices included.

    `parts` holds what the kind needs: `text`, `phrase` as `{code, params}`, or `location` as `{lat, lon, accuracy_m,
    minutes, consent}`. A resend with the same `client_id` returns the first message and changes nothing.

    Raises NotFound, ConversationClosed, Blocked, ClientIdReused, and what `build_draft` raises.
    """
    draft = build_draft(kind=kind, now=now, **parts)
    return send_draft(draft, user_id=user_id, conversation_id=conversation_id, client_id=client_id, now=now)


def send_draft(
    draft: Draft, *, user_id: uuid.UUID, conversation_id: uuid.UUID, client_id: uuid.UUID, now: datetime
) -> tuple[Message, bool]:
    """Do what `send_message` does, with a draft."""
    try:
        message = _send(draft, user_id, conversation_id, client_id, now)
    except IntegrityError as error:
        if constraint_of(error) != ONE_PER_CLIENT_ID:
            raise
        message = None
    if message is not None:
        return message, True
    first = find_resent_message(draft, user_id=user_id, conversation_id=conversation_id, client_id=client_id)
    if first is None:
        require_may_write(user_id, conversation_id, now)
        raise Blocked  # There was a block when the statement ran.
    return first, False


@transaction.atomic
def _send(
    draft: Draft, user_id: uuid.UUID, conversation_id: uuid.UUID, client_id: uuid.UUID, now: datetime
) -> Message | None:
    message = build_message(draft, conversation_id=conversation_id, sender_id=user_id, client_id=client_id, now=now)
    rows = fetch_prepared(SEND, send_parameters(message))
    frames = parse_sent(message, rows)
    if not frames:
        return None
    if answers_unread(rows):
        read = partial(mark_read, user_id=user_id, conversation_id=conversation_id, seq=message.seq, now=now)
        transaction.on_commit(read, robust=True)
    if draft.location is not None:
        point, expires_at = draft.location
        MessageLocation.objects.create(message=message, point=point, expires_at=expires_at)
    publish_on_commit(frames)
    return message


def find_resent_message(
    draft: Draft, *, user_id: uuid.UUID, conversation_id: uuid.UUID, client_id: uuid.UUID
) -> Message | None:
    """The user's message with this `client_id`, if there is one. Raises ClientIdReused when it is of another kind."""
    sent = Message.objects.filter(conversation_id=conversation_id, sender_id=user_id, client_id=client_id)
    first = sent.first()
    if first is not None and not draft.can_be_resend_of(first):
        raise ClientIdReused(field="client_id")
    return first


def require_may_write(user_id: uuid.UUID, conversation_id: uuid.UUID, now: datetime) -> list[uuid.UUID]:
    """The ids of the other participants. Raises NotFound, ConversationClosed, AccountSuspended or Blocked."""
    conversation = get_conversation_for(user_id, conversation_id)
    if conversation.closed_at is not None and conversation.closed_at <= now:
        raise ConversationClosed
    if not User.objects.filter(pk=user_id, is_active=True).exists():
        raise AccountSuspended
    others = others_in(conversation_id, user_id)
    if has_block_between(user_id, others):
        raise Blocked
    return others


def post_card(
    *, conversation_id: uuid.UUID, card: str, data: Mapping[str, object], by: uuid.UUID | None, now: datetime
) -> list[Notice]:
    """Append a card of `chat.cards` to a conversation, open or closed, in the caller's transaction.

    `data` is JSON for events: ids, numbers, RFC 3339 times and short text, never an address or an exact place. `by` is
    the participant who caused it; None for the service. Returns the participants' notices, without a push: the caller
    passes them to its one `notify`, together with its own.

    Locks the conversation until the end of the transaction: call it after everything else that locks. Raises
    UnknownCard or DoesNotExist.
    """
    card_of(card)
    draft = Draft(kind=Message.Kind.EVENT.value, data={"code": card, "data": dict(data)})
    message, user_ids = _append_card(draft, conversation_id, by, now)
    event_data, topic = _event_data(message), topic_of(conversation_id)
    return [
        Notice(user_id=user_id, event="message.sent", data=event_data, collapse_key=topic, by=by)
        for user_id in user_ids
    ]


def _append_card(
    draft: Draft, conversation_id: uuid.UUID, by: uuid.UUID | None, now: datetime
) -> tuple[Message, list[uuid.UUID]]:
    """The stored message and the ids of all participants."""
    message = build_message(draft, conversation_id=conversation_id, sender_id=by, client_id=new_id(), now=now)
    rows = fetch_prepared(_APPEND_CARD, _parameters(message))
    if not rows:
        raise Conversation.DoesNotExist(conversation_id)
    seq, user_ids = rows[0]
    _set_stored(message, seq)
    return message, user_ids


def build_message(
    draft: Draft, *, conversation_id: uuid.UUID, sender_id: uuid.UUID | None, client_id: uuid.UUID, now: datetime
) -> Message:
    """The message of a draft, without a number."""
    return Message(
        conversation_id=conversation_id,
        sender_id=sender_id,
        client_id=client_id,
        kind=draft.kind,
        text=draft.text,
        data=dict(draft.data),
        created_at=now,
    )


def _set_stored(message: Message, seq: int) -> None:
    message.seq = seq
    message._state.adding = False


def _event_data(message: Message) -> dict[str, Any]:
    """The data of `message.sent`, the same in every language. `SEND` sets the number."""
    return {
        "conversation": str(message.conversation_id),
        "message": msgspec.to_builtins(MessageOut.untranslated(message)),
    }


def _parameters(message: Message) -> dict[str, Any]:
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


def lock_conversation_for(user_id: uuid.UUID, conversation_id: uuid.UUID) -> Conversation:
    """The conversation, locked until the end of the transaction. Raises NotFound for a stranger."""
    own = Conversation.objects.filter(pk=conversation_id, participants__user_id=user_id)
    conversation = own.select_for_update(of=("self",), no_key=True).first()
    if conversation is None:
        raise NotFound
    return conversation
