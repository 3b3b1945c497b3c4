"""Deleting a message for both: its content is removed everywhere, its number stays."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import Block, User
from chat.models import Conversation, Message
from chat.services.conversations import close_conversation
from chat.services.deletion import delete_message
from notifications.models import Event
from notifications.selectors.events import unread_count_of
from tests.chat.phones import Phone
from tests.chat.test_cards import post
from tests.chat.test_races import reading
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import client_of, make_user
from tests.races.concurrency import at_once

SECRET = "The key is under the mat"


@pytest.fixture
def other(db: None) -> User:
    return make_user()


def address_of(message: Message) -> str:
    return f"/api/v1/conversations/{message.conversation_id}/messages/{message.pk}"


def tables_with(text: str) -> list[str]:
    """The tables that contain this text."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if model._meta.managed:
                table = model._meta.db_table
                cursor.execute(f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE %s', [f"%{text}%"])
                found += [table] * bool(cursor.fetchone()[0])
    return found


class TestDelete:
    def test_leaves_a_tombstone_in_the_same_place(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        messages = [make_message(conversation, sender, SECRET) for sender in (other, user, other)]

        response = client.delete(address_of(messages[1]))

        assert response.status_code == 200
        for reader in (client, client_of(other)):
            rows = reader.get(f"/api/v1/conversations/{conversation.pk}/messages").json()["results"]
            assert [row["seq"] for row in rows] == [3, 2, 1]
            assert rows[1] == response.json()
        assert response.json()["text"] == "This message was deleted."
        assert response.json()["deleted_at"]

    def test_leaves_no_word_in_the_database(self, client: APIClient, conversation: Conversation) -> None:
        body = {"client_id": str(uuid.uuid4()), "text": SECRET}
        address = f"/api/v1/conversations/{conversation.pk}/messages"
        sent = client.post(address, body, HTTP_IDEMPOTENCY_KEY="k").json()
        assert tables_with(SECRET) == ["notifications_event", "chat_message"]

        client.delete(f"{address}/{sent['id']}")

        assert tables_with(SECRET) == []
        again = client.post(address, body, HTTP_IDEMPOTENCY_KEY="k")
        assert (again.status_code, again.json()["seq"], "deleted_at" in again.json()) == (201, 1, True)
        assert Message.objects.count() == 1

    def test_leaves_a_phrase_no_code(self, client: APIClient, user: User, conversation: Conversation) -> None:
        message = make_message(conversation, user, kind="phrase", phrase={"code": "can_pay", "params": {"thb": 77777}})

        shown = client.delete(address_of(message)).json()

        assert "phrase" not in shown
        assert tables_with("can_pay") == tables_with("77777") == []

    def test_is_replayed_as_a_tombstone_and_both_get_an_event(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        message = make_message(conversation, user, SECRET)
        client.delete(address_of(message))

        for reader in (client, client_of(other)):
            sent, deleted = reader.get("/api/v1/events").json()["events"]
            assert sent["data"]["message"] == reader.get(address_of(message)).json()
            assert deleted["event"] == "message.deleted"
            assert deleted["data"] == {
                "conversation": str(conversation.pk), "message": str(message.pk), "seq": 1
            }  # fmt: skip
        assert not Event.objects.filter(name="message.deleted", wants_push=True).exists()

    def test_counts_as_unread_no_more(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        message = make_message(conversation, user, SECRET)
        make_message(conversation, user)
        assert unread_count_of(other.pk) == 2

        client.delete(address_of(message))

        (row,) = client_of(other).get("/api/v1/conversations").json()["results"]
        assert (row["unread"], unread_count_of(other.pk)) == (1, 1)

    def test_is_the_last_message_of_the_list(self, client: APIClient, user: User, conversation: Conversation) -> None:
        message = make_message(conversation, user, SECRET)
        shown = client.delete(address_of(message)).json()

        (row,) = client.get("/api/v1/conversations").json()["results"]

        assert row["last_message"] == shown

    def test_changes_nothing_twice(self, client: APIClient, user: User, conversation: Conversation) -> None:
        message = make_message(conversation, user)
        first = client.delete(address_of(message))
        Message.objects.update(created_at=timezone.now() - timedelta(hours=1))

        again = client.delete(address_of(message))

        assert (again.status_code, again.json()["deleted_at"]) == (200, first.json()["deleted_at"])
        assert Event.objects.filter(name="message.deleted").count() == 2

    def test_works_in_closed_conversations_and_after_a_block(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        message = make_message(conversation, user)
        close_conversation(conversation_id=conversation.pk, now=timezone.now())
        Block.objects.create(blocker=other, blocked=user)

        assert client.delete(address_of(message)).status_code == 200

    def test_leaves_other_messages_of_the_same_moment_alone(self, user: User, conversation: Conversation) -> None:
        now = timezone.now()
        first, second = (make_message(conversation, user, SECRET, now=now) for _ in range(2))

        delete_message(user_id=user.pk, conversation_id=conversation.pk, message_id=first.pk, now=now)

        texts = {event.data["message"]["id"]: event.data["message"]["text"] for event in Event.objects.exclude(
            name="message.deleted"
        )}  # fmt: skip
        assert texts == {str(first.pk): "", str(second.pk): SECRET}


class TestRefuses:
    def refuses(self, client: APIClient, address: str, status: int, code: str) -> None:
        response = client.delete(address)
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert not Message.objects.exclude(deleted_at=None).exists()
        assert not Event.objects.filter(name="message.deleted").exists()

    def test_after_five_minutes(self, client: APIClient, user: User, conversation: Conversation) -> None:
        now = timezone.now()
        late = make_message(conversation, user, now=now - timedelta(minutes=5, seconds=1))
        in_time = make_message(conversation, user, now=now - timedelta(minutes=4, seconds=50))

        self.refuses(client, address_of(late), 409, "delete_too_late")
        assert client.delete(address_of(in_time)).status_code == 200

    def test_what_the_other_wrote(self, client: APIClient, other: User, conversation: Conversation) -> None:
        self.refuses(client, address_of(make_message(conversation, other)), 403, "not_your_message")

    def test_a_card(self, client: APIClient, user: User, conversation: Conversation) -> None:
        post(conversation, user, "arrived")

        self.refuses(client, address_of(Message.objects.get()), 403, "not_your_message")

    def test_strangers_and_what_is_not_there(self, client: APIClient, user: User, conversation: Conversation) -> None:
        message = make_message(conversation, user)
        elsewhere = make_conversation(user, make_user())

        self.refuses(client_of(make_user()), address_of(message), 404, "not_found")
        for conversation_id, message_id in ((elsewhere.pk, message.pk), (conversation.pk, uuid.uuid4())):
            address = f"/api/v1/conversations/{conversation_id}/messages/{message_id}"
            self.refuses(client, address, 404, "not_found")
            assert client.get(address).status_code == 404

    def test_without_a_token(self, anonymous: APIClient, user: User, conversation: Conversation) -> None:
        self.refuses(anonymous, address_of(make_message(conversation, user)), 401, "token_missing")


class TestOnTheSocket:
    def test_reaches_both_and_the_senders_other_phone(self, open_phone: Any, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        message = make_message(conversation, ann, SECRET)
        phones: list[Phone] = [open_phone(ann, since=1), open_phone(ann, since=1), open_phone(bob, since=1)]

        phones[0].send(type="message.delete", conversation=str(conversation.pk), message=str(message.pk))

        frames = {frame["type"]: frame for frame in (phones[0].expect_any("ok", "event") for _ in range(2))}
        assert frames["ok"]["message"]["deleted_at"]
        assert frames["ok"]["client_id"] == str(message.client_id)
        for phone in phones[1:]:
            assert phone.expect("event")["event"] == "message.deleted"

    def test_is_not_brought_back_by_a_replay(self, open_phone: Any, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        message = make_message(conversation, ann, SECRET)
        delete_message(user_id=ann.pk, conversation_id=conversation.pk, message_id=message.pk, now=timezone.now())

        events = open_phone(bob).expect_events(2)

        assert SECRET not in json.dumps(events)
        assert [event["seq"] for event in events] == [1, 2]

    @pytest.mark.parametrize(("fields", "code"), [({}, "not_found"), ({"message": "x"}, "frame_invalid")])
    def test_refuses_with_the_same_code(
        self, open_phone: Any, ann: User, bob: User, fields: dict[str, str], code: str
    ) -> None:
        anns: Phone = open_phone(ann)
        fields_sent = {"conversation": str(make_conversation(ann, bob).pk), "message": str(uuid.uuid4())} | fields

        anns.send(type="message.delete", **fields_sent)

        refused = anns.expect("error")
        assert (refused["code"], refused["about"]) == (code, "message.delete")


class TestRace:
    def test_with_readers_ends_with_nothing_unread(self, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        messages = [make_message(conversation, ann, SECRET) for _ in range(8)]

        def deleting(message: Message) -> Any:
            return lambda: delete_message(
                user_id=ann.pk, conversation_id=conversation.pk, message_id=message.pk, now=timezone.now()
            )

        calls = [deleting(message) for message in messages] + [reading(conversation, bob, n) for n in range(1, 9)]
        at_once(calls)

        assert tables_with(SECRET) == []
        assert unread_count_of(bob.pk) == 0
        for person in (ann, bob):
            seqs = list(Event.objects.filter(user=person).order_by("seq").values_list("seq", flat=True))
            assert seqs == list(range(1, len(seqs) + 1))

    def test_of_one_deleted_twice_writes_one_event_each(self, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        message = make_message(conversation, ann)

        def delete() -> Message:
            return delete_message(
                user_id=ann.pk, conversation_id=conversation.pk, message_id=message.pk, now=timezone.now()
            )

        results = at_once([delete] * 6)

        assert len({result.deleted_at for result in results if isinstance(result, Message)}) == 1
        assert Event.objects.filter(name="message.deleted").count() == 2
