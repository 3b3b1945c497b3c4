"""Taking a message back for both: its place stays, and nothing of what it said."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction

from backend.core.errors import NotFound
from backend.core.http.idempotency import forget_answers_holding
from chat.errors import DeleteTooLate, NotYourMessage
from chat.models import Message, MessageLocation, Participant
from chat.services.messages import lock_conversation_for
from chat.services.photos import remove_photos_on_commit
from chat.services.redaction import redact_messages
from notifications.services.notify import Notice, notify


@transaction.atomic
def delete_message(*, user_id: uuid.UUID, conversation_id: uuid.UUID, message_id: uuid.UUID, now: datetime) -> Message:
    """Empty one's own message, within `MESSAGE_DELETE_MINUTES`, in closed conversations too; returns what is left.

    A location may be taken back at any time.

    Both sides' devices are told. Deleting twice changes nothing. Raises NotFound, NotYourMessage or DeleteTooLate.
    """
    conversation = lock_conversation_for(user_id, conversation_id)
    message = conversation.messages.filter(pk=message_id).first()
    if message is None:
        raise NotFound
    if message.sender_id != user_id or message.kind == Message.Kind.EVENT:
        raise NotYourMessage
    if message.deleted_at is None:
        _require_in_time(message, now)
        _empty(message, now)
    return message


def _require_in_time(message: Message, now: datetime) -> None:
    if not message.can_be_deleted_at(now):
        raise DeleteTooLate(minutes=settings.MESSAGE_DELETE_MINUTES)


def _empty(message: Message, now: datetime) -> None:
    """From the row, from the answer kept for a repeated request, and from every event log."""
    message.text, message.data, message.deleted_at = "", {}, now
    message.save(update_fields=["text", "data", "deleted_at"])
    MessageLocation.objects.filter(pk=message.pk).delete()
    if message.sender_id:
        forget_answers_holding(owner=message.sender_id, thing=message.pk)
    remove_photos_on_commit([message.pk])
    people = list(Participant.objects.filter(conversation_id=message.conversation_id).values_list("user_id", flat=True))
    data = {"conversation": str(message.conversation_id), "message": str(message.pk), "seq": message.seq}
    notify(notices=[Notice(user_id=user_id, event="message.deleted", data=data) for user_id in people], now=now)
    redact_messages(user_ids=people, like={"id": str(message.pk)}, sent_at=message.created_at, now=now)
