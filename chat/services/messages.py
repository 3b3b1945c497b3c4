"""Sending messages."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from backend.shared.errors import NotFound
from chat.errors import Blocked, ConversationClosed, KindUnknown
from chat.models import Conversation, Message
from chat.selectors.conversations import has_block_between, others_in
from chat.services.texts import clean_text
from chat.shapes import bare_shape
from notifications.services.notify import Notice, notify


@transaction.atomic
def send_message(
    *, user_id: uuid.UUID, conversation_id: uuid.UUID, client_id: uuid.UUID, kind: str, text: str, now: datetime
) -> tuple[Message, bool]:
    """Append a message; returns it, and whether it is new. Tells every participant, the sender's other devices too.

    A second one with the same `client_id` returns the first and changes nothing. Raises NotFound,
    ConversationClosed, Blocked, KindUnknown, TextEmpty, TextTooLong or TextUnreadable.
    """
    if kind != Message.Kind.TEXT:
        raise KindUnknown(field="kind")
    text = clean_text(text)
    conversation = lock_conversation_for(user_id, conversation_id)
    first = conversation.messages.filter(sender_id=user_id, client_id=client_id).first()
    if first is not None:
        return first, False
    others = _whom_to_tell(conversation, user_id)
    message = append(conversation, Message(sender_id=user_id, client_id=client_id, kind=kind, text=text), now)
    notify(notices=notices_of(message, [user_id, *others], push_to=others), now=now)
    return message, True


def lock_conversation_for(user_id: uuid.UUID, conversation_id: uuid.UUID) -> Conversation:
    """The conversation, held until the end of the transaction. Raises NotFound for a stranger."""
    mine = Conversation.objects.filter(pk=conversation_id, participants__user_id=user_id)
    conversation = mine.select_for_update(of=("self",), no_key=True).first()
    if conversation is None:
        raise NotFound
    return conversation


def _whom_to_tell(conversation: Conversation, user_id: uuid.UUID) -> list[uuid.UUID]:
    """The others, once it is clear that this person may write to them now."""
    if conversation.closed_at is not None:
        raise ConversationClosed
    others = others_in(conversation.pk, user_id)
    if has_block_between(user_id, others):
        raise Blocked
    return others


def append(conversation: Conversation, message: Message, now: datetime) -> Message:
    """Give the message its place at the end of a conversation that the caller has locked."""
    conversation.last_seq += 1
    conversation.last_message_at = now
    conversation.save(update_fields=["last_seq", "last_message_at"])
    message.conversation, message.seq, message.created_at = conversation, conversation.last_seq, now
    message.save(force_insert=True)
    return message


def notices_of(message: Message, user_ids: Collection[uuid.UUID], *, push_to: Collection[uuid.UUID]) -> list[Notice]:
    """`message.sent` for these people, with a push for some of them."""
    data = {"conversation": str(message.conversation_id), "message": bare_shape(message)}
    key, by = collapse_key_of(message.conversation_id), message.sender_id
    return [
        Notice(user_id=user_id, event="message.sent", data=data, push=user_id in push_to, collapse_key=key, by=by)
        for user_id in user_ids
    ]


def collapse_key_of(conversation_id: uuid.UUID) -> str:
    """Pushes about one conversation replace each other."""
    return f"conversation:{conversation_id}"
