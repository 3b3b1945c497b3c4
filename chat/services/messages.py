"""Sending messages."""

import uuid
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from backend.core.db.constraints import constraint_of
from backend.core.db.prepared import fetch_prepared
from backend.core.errors import NotFound
from backend.core.redis.nudges import publish_on_commit
from chat.errors import Blocked, ClientIdReused, ConversationClosed
from chat.models import Conversation, Message, MessageLocation
from chat.selectors.conversations import get_conversation_for, has_block_between, others_in
from chat.services.append import ONE_PER_CLIENT_ID, SEND, Sending
from chat.services.drafts import Draft, draft_of


def send_message(
    *, user_id: uuid.UUID, conversation_id: uuid.UUID, client_id: uuid.UUID, kind: str, now: datetime, **parts: Any
) -> tuple[Message, bool]:
    """Append a message; returns it, and whether it is new. Tells every participant, the sender's other devices too.

    `parts` holds what the kind needs: `text`, `phrase` as `{code, params}`, or `location` as `{lat, lon, accuracy_m,
    minutes, consent}`. A second one with the same `client_id` returns the first and changes nothing, whatever it says.

    Raises NotFound, ConversationClosed, Blocked, ClientIdReused, and what `draft_of` raises.
    """
    draft = draft_of(kind=kind, now=now, **parts)
    return send(draft, user_id=user_id, conversation_id=conversation_id, client_id=client_id, now=now)


def send(
    draft: Draft, *, user_id: uuid.UUID, conversation_id: uuid.UUID, client_id: uuid.UUID, now: datetime
) -> tuple[Message, bool]:
    """The same, of a draft."""
    try:
        message = _append_and_tell(draft, user_id, conversation_id, client_id, now)
    except IntegrityError as error:
        # The same message arrives twice at this moment, and the other one was first.
        if constraint_of(error) != ONE_PER_CLIENT_ID:
            raise
        message = None
    if message is not None:
        return message, True
    return _first_or_refusal(draft, user_id, conversation_id, client_id), False


@transaction.atomic
def _append_and_tell(
    draft: Draft, user_id: uuid.UUID, conversation_id: uuid.UUID, client_id: uuid.UUID, now: datetime
) -> Message | None:
    sending = Sending(draft, conversation_id=conversation_id, sender_id=user_id, client_id=client_id, now=now)
    sent = sending.read(fetch_prepared(SEND, sending.values))
    if sent is None:
        return None
    if draft.place is not None:
        MessageLocation.objects.create(message=sent.message, point=draft.place.point, expires_at=draft.place.expires_at)
    publish_on_commit(sent.frames)
    return sent.message


def may_send(draft: Draft, *, user_id: uuid.UUID, conversation_id: uuid.UUID, client_id: uuid.UUID) -> Message | None:
    """Whether it is worth preparing a message: None, or the one that was first with this `client_id`.

    Nothing is held, so `send` looks again. Raises NotFound, ConversationClosed, Blocked or ClientIdReused.
    """
    conversation = get_conversation_for(user_id, conversation_id)
    is_free = conversation.closed_at is None and not has_block_between(user_id, others_in(conversation_id, user_id))
    if is_free and not conversation.messages.filter(sender_id=user_id, client_id=client_id).exists():
        return None
    return _first_or_refusal(draft, user_id, conversation_id, client_id)


def _first_or_refusal(draft: Draft, user_id: uuid.UUID, conversation_id: uuid.UUID, client_id: uuid.UUID) -> Message:
    """Why it was not appended: the message that was first with this `client_id`, or what stands against it."""
    conversation = get_conversation_for(user_id, conversation_id)
    first = conversation.messages.filter(sender_id=user_id, client_id=client_id).first()
    if first is None:
        raise ConversationClosed if conversation.closed_at else Blocked
    if not draft.is_again(first):
        raise ClientIdReused(field="client_id")
    return first


def lock_conversation_for(user_id: uuid.UUID, conversation_id: uuid.UUID) -> Conversation:
    """The conversation, held until the end of the transaction. Raises NotFound for a stranger."""
    mine = Conversation.objects.filter(pk=conversation_id, participants__user_id=user_id)
    conversation = mine.select_for_update(of=("self",), no_key=True).first()
    if conversation is None:
        raise NotFound
    return conversation
