"""Cards: messages of kind `event`, which the layers above write."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from backend.accounts.models import User
from chat.cards import CARDS, UnknownCard
from chat.models import Conversation, Message
from chat.services.conversations import close_conversation
from chat.services.messages import post_card
from notifications.models import Event
from notifications.services.notify import notify
from tests.chat.phones import Phone
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import client_of

AT = "2026-12-04T11:30:00Z"  # 18:30 in Bangkok


def post(conversation: Conversation, by: User | None, card: str = "proposal", **data: object) -> None:
    """Post a card in its own transaction, like a service above."""
    now = timezone.now()
    with transaction.atomic():
        by_id = by.pk if by else None
        notify(notices=post_card(conversation_id=conversation.pk, card=card, data=data, by=by_id, now=now), now=now)


def newest(client: APIClient, conversation: Conversation) -> dict[str, Any]:
    shown: dict[str, Any] = client.get(f"/api/v1/conversations/{conversation.pk}/messages").json()["results"][0]
    return shown


class TestCard:
    def test_is_a_message_in_the_readers_language(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        make_message(conversation, other)

        post(conversation, user, at=AT)

        shown = newest(client, conversation)
        assert (shown["seq"], shown["kind"], shown["sender"]) == (2, "event", str(user.pk))
        assert shown["card"] == {"code": "proposal", "icon": "🗓️", "data": {"at": AT}}
        assert shown["text"] == "A time is proposed: Fri 4 Dec, 18:30."
        assert newest(client_of(other), conversation)["text"].startswith("เสนอเวลานัด: ศ. 4 ธ.ค., 18:30")

    def test_is_logged_untranslated_for_both_without_a_push(
        self, user: User, other: User, conversation: Conversation
    ) -> None:
        post(conversation, user, at=AT)

        for person, start in ((user, "A time"), (other, "เสนอเวลา")):
            event = Event.objects.get(user=person)
            assert (event.name, event.wants_push, event.by) == ("message.sent", False, user.pk)
            assert event.data["message"]["text"] == ""
            (frame,) = client_of(person).get("/api/v1/events").json()["events"]
            assert frame["data"]["message"]["text"].startswith(start)

    def test_may_have_no_sender(self, client: APIClient, conversation: Conversation) -> None:
        post(conversation, None, "no_show")

        assert newest(client, conversation)["sender"] is None
        (row,) = client.get("/api/v1/conversations").json()["results"]
        assert (row["unread"], row["last_message"]["text"]) == (1, "Waited, and nobody came.")

    def test_is_written_into_a_closed_conversation_too(
        self, client: APIClient, user: User, conversation: Conversation
    ) -> None:
        close_conversation(conversation_id=conversation.pk, now=timezone.now())

        post(conversation, user, "receipt", net_kg=3.50)

        assert newest(client, conversation)["text"] == "Handed over: 3.5 kg. The receipt is ready."

    def test_is_rolled_back_with_the_transaction(self, user: User, conversation: Conversation) -> None:
        def fail() -> None:
            with transaction.atomic():
                post(conversation, user, at=AT)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()

        assert not Message.objects.exists()
        assert not Event.objects.exists()

    def test_must_be_known(self, user: User, conversation: Conversation) -> None:
        with pytest.raises(UnknownCard):
            post(conversation, user, "birthday")

    @pytest.mark.parametrize("data", [{}, {"at": "soon", "net_kg": None, "paid_thb": "x"}])
    def test_has_a_text_whatever_data_it_lacks(
        self, client: APIClient, user: User, conversation: Conversation, data: dict[str, object]
    ) -> None:
        for card in CARDS:
            post(conversation, user, card, **data)

        page = client.get(f"/api/v1/conversations/{conversation.pk}/messages").json()
        assert all(message["text"] for message in page["results"])

    def test_cannot_be_sent_by_users(self, client: APIClient, conversation: Conversation) -> None:
        body = {"client_id": "0b0e7a52-1f0b-4d0a-9c53-2f5f6c1c8b11", "kind": "event", "text": "Paid", "card": {}}

        assert client.post(f"/api/v1/conversations/{conversation.pk}/messages", body).status_code == 400
        assert not Message.objects.exists()

    def test_publishes_no_text(
        self,
        user: User,
        conversation: Conversation,
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        published: list[Any] = []
        monkeypatch.setattr("backend.core.redis.nudges.publish", published.extend)

        with django_capture_on_commit_callbacks(execute=True):
            post(conversation, user, at=AT)

        assert [frame for _, frame in published] == [{"type": "head", "seq": 1}] * 2


class TestOnTheSocket:
    def test_each_socket_gets_its_own_language(self, open_phone: Any, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        phones: list[Phone] = [open_phone(ann, headers={"Accept-Language": "th"}), open_phone(ann), open_phone(bob)]
        make_message(conversation, ann)

        post(conversation, ann, at=AT)
        make_message(conversation, bob)

        texts = [[event["data"]["message"]["text"] for event in phone.expect_events(3)] for phone in phones]
        assert [text[0] for text in texts] == ["Hello"] * 3
        assert [text[1][:6] for text in texts] == ["เสนอเว", "A time", "A time"]
        assert [text[2] for text in texts] == ["Hello"] * 3
