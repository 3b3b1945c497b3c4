"""Deleting messages and shared locations. A deleted message keeps its number, and nothing of its content."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from backend.core.errors import NotFound
from chat.errors import DeleteTooLate, NotYourMessage
from chat.models import Conversation, Message, MessageLocation, Participant
from chat.responses import KEPT_OF_DELETED, format_time
from chat.services.messages import lock_conversation_for
from chat.services.photos import remove_photos_on_commit
from notifications.services.notify import Notice, notify, redact_events

BATCH = 100


@transaction.atomic
def delete_message(*, user_id: uuid.UUID, conversation_id: uuid.UUID, message_id: uuid.UUID, now: datetime) -> Message:
    """Remove the content of the user's own message within `MESSAGE_DELETE_MINUTES`; returns what is left.

    A location may be deleted at any time, and messages of closed conversations too. All participants' devices are
    notified. Deleting twice changes nothing. Raises NotFound, NotYourMessage or DeleteTooLate.
    """
    conversation = lock_conversation_for(user_id, conversation_id)
    message = conversation.messages.filter(pk=message_id).first()
    if message is None:
        raise NotFound
    if message.sender_id != user_id or message.kind == Message.Kind.EVENT:
        raise NotYourMessage
    if message.deleted_at is None:
        if not message.can_be_deleted_at(now):
            raise DeleteTooLate(minutes=settings.MESSAGE_DELETE_MINUTES)
        _remove_content(message, now)
    return message


@transaction.atomic
def remove_message(*, message_id: uuid.UUID, now: datetime) -> None:
    """Remove the content of anybody's message, as moderators decide. Idempotent; raises NotFound."""
    message = _lock_message(message_id)
    if message.deleted_at is None:
        _remove_content(message, now)


@transaction.atomic
def show_message(*, message_id: uuid.UUID, text: str, removed_at: Collection[datetime]) -> None:
    """Give a message its text back that was removed at one of these moments, and not by its author.

    Authors who have erased their account get nothing back. Raises NotFound.
    """
    message = _lock_message(message_id)
    if message.deleted_at in removed_at and message.sender and not message.sender.erased_at:
        message.text, message.deleted_at = text, None
        message.save(update_fields=["text", "deleted_at"])


def _lock_message(message_id: uuid.UUID) -> Message:
    """The message, with its conversation locked first, as everywhere."""
    found = Message.objects.filter(pk=message_id).values_list("conversation_id", flat=True).first()
    if found is None:
        raise NotFound
    Conversation.objects.select_for_update(of=("self",), no_key=True).get(pk=found)
    return Message.objects.select_related("sender").get(pk=message_id)


def _remove_content(message: Message, now: datetime) -> None:
    """From the row, and from every participant's event log."""
    message.text, message.data, message.deleted_at = "", {}, now
    message.save(update_fields=["text", "data", "deleted_at"])
    MessageLocation.objects.filter(pk=message.pk).delete()
    remove_photos_on_commit([message.pk])
    participants = Participant.objects.filter(conversation_id=message.conversation_id)
    user_ids = list(participants.values_list("user_id", flat=True))
    data = {"conversation": str(message.conversation_id), "message": str(message.pk), "seq": message.seq}
    notify(notices=[Notice(user_id=user_id, event="message.deleted", data=data) for user_id in user_ids], now=now)
    redact_messages(user_ids=user_ids, like={"id": str(message.pk)}, sent_at=message.created_at, now=now)


def redact_messages(
    *, user_ids: Collection[uuid.UUID], like: Mapping[str, str], now: datetime, sent_at: datetime | None = None
) -> None:
    """Mark messages with the values in `like`, such as `{"id": ...}`, as deleted in these users' event logs."""
    redact_events(
        user_ids=user_ids,
        event="message.sent",
        holding={"message": like},
        part="message",
        keep=KEPT_OF_DELETED,
        put={"text": "", "deleted_at": format_time(now)},
        at=sent_at,
        now=now,
    )


def delete_locations_in(conversation_id: uuid.UUID) -> None:
    """Delete every shared location of a conversation, in the caller's transaction."""
    shared = MessageLocation.objects.filter(message__conversation_id=conversation_id)
    _delete_locations(_lock(shared).order_by("pk"))


@transaction.atomic
def remove_expired_locations(*, now: datetime) -> int:
    """Delete a batch of expired locations. Returns how many."""
    expired = MessageLocation.objects.filter(expires_at__lte=now)
    return _delete_locations(_lock(expired, skip_locked=True)[:BATCH])


def _lock(locations: QuerySet[MessageLocation], **options: bool) -> QuerySet[MessageLocation]:
    return locations.select_for_update(of=("self",), **options)


def _delete_locations(locations: QuerySet[MessageLocation]) -> int:
    """Delete locked locations. Returns how many."""
    return MessageLocation.objects.filter(pk__in=list(locations.values_list("pk", flat=True))).delete()[0]


@transaction.atomic
def remove_old_messages(*, now: datetime) -> int:
    """Remove the content of a batch of messages that are `CHAT_DAYS` old. Returns how many."""
    old = Message.objects.filter(
        created_at__lte=now - timedelta(days=settings.CHAT_DAYS), deleted_at=None, kind__in=Message.SENDABLE
    )
    locked = old.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("created_at")[:BATCH]
    ids = [message.pk for message in locked]
    remove_photos_on_commit(ids)
    MessageLocation.objects.filter(pk__in=ids).delete()
    return Message.objects.filter(pk__in=ids).update(text="", data={}, deleted_at=now)
