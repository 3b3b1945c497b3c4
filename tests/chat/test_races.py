"""Many senders at once, with a control that shows the race without the lock."""

import uuid
from collections.abc import Callable
from typing import TypeAlias

import pytest
from django.db import IntegrityError
from django.utils import timezone

from backend.accounts.models import User
from chat.models import Conversation, Message, Participant
from chat.services import messages
from chat.services.messages import send_message
from chat.services.reading import mark_read
from notifications.models import Event
from tests.factories.chat import make_conversation, make_message
from tests.races.concurrency import at_once

Sent: TypeAlias = tuple[uuid.UUID, bool]


def sending(conversation: Conversation, sender: User, client_id: uuid.UUID | None = None) -> Callable[[], Sent]:
    """A call that sends; it returns the message's id, and whether it is new."""

    def send() -> Sent:
        message, is_new = send_message(
            user_id=sender.pk,
            conversation_id=conversation.pk,
            client_id=client_id or uuid.uuid4(),
            kind="text",
            text="Hello",
            now=timezone.now(),
        )
        return message.pk, is_new

    return send


def reading(conversation: Conversation, reader: User, seq: int) -> Callable[[], int]:
    """A call that moves the read position to `seq`."""
    return lambda: mark_read(user_id=reader.pk, conversation_id=conversation.pk, seq=seq, now=timezone.now())


class TestManySenders:
    def test_number_without_gaps_or_duplicates(self, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)

        at_once([sending(conversation, [ann, bob][n % 2]) for n in range(16)])

        assert sorted(Message.objects.values_list("seq", flat=True)) == list(range(1, 17))
        for person in (ann, bob):
            events = Event.objects.filter(user=person).order_by("seq")
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            # An answer to what its author had not read tells that it is read now.
            assert {event.name for event in events} <= {"message.sent", "message.read"}
            sent = [event.data["message"]["seq"] for event in events if event.name == "message.sent"]
            assert sent == list(range(1, 17))

    def test_collide_without_the_lock(self, ann: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
        update = "UPDATE chat_conversation SET last_seq = last_seq + 1, last_message_at = %(now)s"
        # All read the number before the first writes.
        select = "SELECT last_seq + 1 AS last_seq FROM pg_sleep(0.1), chat_conversation"
        assert update in messages.SEND
        without = messages.SEND.replace(update, select).replace("RETURNING last_seq", "")
        monkeypatch.setattr(messages, "SEND", without)
        conversation = make_conversation(ann, bob)

        results = at_once([sending(conversation, ann) for _ in range(16)])

        assert any(isinstance(result, IntegrityError) for result in results)

    def test_send_one_message_with_one_client_id(self, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        client_id = uuid.uuid4()

        results = at_once([sending(conversation, ann, client_id) for _ in range(8)])

        message = Message.objects.get()
        assert results.count((message.pk, True)) == 1
        assert results.count((message.pk, False)) == 7
        assert Event.objects.count() == 2

    def test_do_not_deadlock(self, ann: User, bob: User) -> None:
        first, second = make_conversation(ann, bob), make_conversation(bob, ann)

        results = at_once([sending([first, second][n % 2], [ann, bob][n // 2 % 2]) for n in range(16)])

        assert len(results) == 16
        assert Message.objects.count() == 16


class TestManyReaders:
    def test_end_at_the_furthest(self, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        for _ in range(8):
            make_message(conversation, ann)

        at_once([reading(conversation, bob, seq) for seq in range(1, 9)])

        assert Participant.objects.get(user=bob).read_seq == 8
        events = Event.objects.filter(user=ann, name="message.read").order_by("seq")
        positions = [event.data["seq"] for event in events]
        assert positions == sorted(positions)
        assert positions[-1] == 8
