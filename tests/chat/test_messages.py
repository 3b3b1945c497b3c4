"""Sending and reading messages over HTTP."""

import json
import uuid
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import Block, User
from chat.models import Conversation, Message
from chat.services.conversations import close_conversation
from notifications.models import Event
from tests.factories.chat import make_message
from tests.factories.people import client_of, make_user


def address_of(conversation: Conversation) -> str:
    return f"/api/v1/conversations/{conversation.pk}/messages"


def body_of(text: object = "Hello", **fields: Any) -> dict[str, Any]:
    return {"client_id": str(uuid.uuid4()), "kind": "text", "text": text} | fields


class TestSendMessage:
    def test_shows_the_message(self, client: APIClient, user: User, conversation: Conversation) -> None:
        body = body_of("  I am at the gate ประตูหน้า 🚪 ")

        response = client.post(address_of(conversation), body)

        assert response.status_code == 201
        message = Message.objects.get()
        assert response.json() == {
            "id": str(message.pk),
            "conversation": str(conversation.pk),
            "seq": 1,
            "sender": str(user.pk),
            "client_id": body["client_id"],
            "kind": "text",
            "text": "I am at the gate ประตูหน้า 🚪",
            "created_at": message.created_at.isoformat().replace("+00:00", "Z"),
        }

    def test_numbers_without_gaps(self, client: APIClient, conversation: Conversation, other: User) -> None:
        make_message(conversation, other)
        make_message(conversation, other)

        assert client.post(address_of(conversation), body_of()).json()["seq"] == 3

    def test_writes_events_for_both_and_pushes_to_the_other(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        message = client.post(address_of(conversation), body_of()).json()

        events = {event.user_id: event for event in Event.objects.all()}
        assert {user_id: event.wants_push for user_id, event in events.items()} == {user.pk: False, other.pk: True}
        for event in events.values():
            assert event.name == "message.sent"
            assert event.data == {"conversation": str(conversation.pk), "message": message}
            assert event.collapse_key == f"conversation:{conversation.pk}"

    @pytest.mark.parametrize("text", ["Hello", "Something else"])
    def test_returns_the_first_on_a_resend(self, client: APIClient, conversation: Conversation, text: str) -> None:
        body = body_of()
        first = client.post(address_of(conversation), body)

        again = client.post(address_of(conversation), body | {"text": text})

        assert (again.status_code, again.json()) == (200, first.json())
        assert Message.objects.count() == 1
        assert Event.objects.count() == 2

    def test_returns_the_first_even_after_closing(self, client: APIClient, conversation: Conversation) -> None:
        body = body_of()
        first = client.post(address_of(conversation), body)
        close_conversation(conversation_id=conversation.pk, now=timezone.now())

        again = client.post(address_of(conversation), body)

        assert (again.status_code, again.json()) == (200, first.json())

    def test_keeps_the_same_client_id_of_two_people_apart(
        self, client: APIClient, other: User, conversation: Conversation
    ) -> None:
        body = body_of()
        client.post(address_of(conversation), body)

        assert client_of(other).post(address_of(conversation), body).status_code == 201

    def test_repeats_the_answer_of_an_idempotency_key(self, client: APIClient, conversation: Conversation) -> None:
        body = body_of()
        first = client.post(address_of(conversation), body, HTTP_IDEMPOTENCY_KEY="k")

        again = client.post(address_of(conversation), body, HTTP_IDEMPOTENCY_KEY="k")

        assert (again.status_code, again.json()) == (201, first.json())


class TestSendMessageRefuses:
    def test_a_stranger(self, conversation: Conversation) -> None:
        response = client_of(make_user()).post(address_of(conversation), body_of())

        assert (response.status_code, response.json()["code"]) == (404, "not_found")
        assert not Message.objects.exists()

    def test_a_closed_conversation(self, client: APIClient, conversation: Conversation) -> None:
        close_conversation(conversation_id=conversation.pk, now=timezone.now())

        response = client.post(address_of(conversation), body_of())

        assert (response.status_code, response.json()["code"]) == (409, "conversation_closed")

    @pytest.mark.parametrize("blocker_is_user", [True, False])
    def test_a_block_either_way(
        self, client: APIClient, user: User, other: User, conversation: Conversation, blocker_is_user: bool
    ) -> None:
        blocker, blocked = (user, other) if blocker_is_user else (other, user)
        Block.objects.create(blocker=blocker, blocked=blocked)

        response = client.post(address_of(conversation), body_of())

        assert (response.status_code, response.json()["code"]) == (409, "blocked")
        assert not Message.objects.exists()

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "text_empty"),
            (" \n\t ", "text_empty"),
            ("\u200b\u200e\u3000", "text_empty"),
            ("\u3164", "text_empty"),
            ("\u2800\ufe0f", "text_empty"),
            ("x" * 2001, "text_too_long"),
            ("x" * 100_000, "text_too_long"),
            ("nul\x00", "invalid"),
            (None, "invalid"),
            (["list"], "invalid"),
            ({"a": 1}, "invalid"),
        ],
    )
    def test_an_invalid_text(self, client: APIClient, conversation: Conversation, text: object, code: str) -> None:
        response = client.post(address_of(conversation), body_of(text))

        assert (response.status_code, response.json()["code"]) == (400, code)
        assert response.json()["errors"][0]["field"] == "text"
        assert not Message.objects.exists()

    @pytest.mark.parametrize("emoji", ["🩷", "🩵", "🫨", "👨‍👩‍👧‍👦", "🇹🇭", "\U0001fadd"])
    def test_a_single_new_emoji_is_a_message(self, client: APIClient, conversation: Conversation, emoji: str) -> None:
        answer = client.post(address_of(conversation), body_of(emoji))

        assert (answer.status_code, answer.json()["text"]) == (201, emoji)

    def test_a_surrogate(self, client: APIClient, conversation: Conversation) -> None:
        body = json.dumps(body_of("half \ud83d"))

        response = client.post(address_of(conversation), body, content_type="application/json")

        assert response.status_code == 400
        assert not Message.objects.exists()

    def test_not_a_text_at_the_limit(self, client: APIClient, conversation: Conversation) -> None:
        assert client.post(address_of(conversation), body_of("ก" * 2000 + "  ")).status_code == 201

    @pytest.mark.parametrize(
        "fields",
        [
            {"client_id": "7"},
            {"client_id": None},
            {"client_id": 7},
            {"client_id": f"urn:uuid:{uuid.uuid4()}"},
            {"kind": "event"},
            {"kind": 3},
        ],
    )
    def test_a_bad_shape(self, client: APIClient, conversation: Conversation, fields: dict[str, Any]) -> None:
        response = client.post(address_of(conversation), body_of(**fields))

        assert (response.status_code, response.json()["code"]) == (400, "invalid")

    @pytest.mark.parametrize("body", ["{", "[]", '"text"', "null", "\x00", "[1, 2]"])
    def test_a_body_that_is_no_object(self, client: APIClient, conversation: Conversation, body: str) -> None:
        response = client.post(address_of(conversation), body, content_type="application/json")

        assert response.status_code == 400

    def test_in_thai(self, conversation: Conversation, other: User) -> None:
        other.locale = "th"

        response = client_of(other).post(address_of(conversation), body_of("x" * 2001))

        assert "2000" in response.json()["detail"]
        assert "ข้อความ" in response.json()["detail"]


class TestHistory:
    def seqs(self, client: APIClient, address: str) -> list[int]:
        return [message["seq"] for message in client.get(address).json()["results"]]

    @pytest.fixture
    def address(self, conversation: Conversation, user: User, other: User) -> str:
        for n in range(5):
            make_message(conversation, [user, other][n % 2], f"number {n + 1}")
        return address_of(conversation)

    def test_shows_the_newest_first(self, client: APIClient, address: str) -> None:
        assert self.seqs(client, address) == [5, 4, 3, 2, 1]

    def test_pages_backward(self, client: APIClient, address: str) -> None:
        assert self.seqs(client, f"{address}?before=4&limit=2") == [3, 2]

    def test_pages_forward(self, client: APIClient, address: str) -> None:
        assert self.seqs(client, f"{address}?after=2&limit=2") == [3, 4]

    @pytest.mark.parametrize("start", ["?limit=2", "?limit=2&after=0"])
    def test_links_to_everything_once(self, client: APIClient, address: str, start: str) -> None:
        seen: list[int] = []
        link: str | None = address + start
        while link:
            page = client.get(link).json()
            seen += [message["seq"] for message in page["results"]]
            link = page["next"]

        assert sorted(seen) == [1, 2, 3, 4, 5]

    @pytest.mark.parametrize("query", ["before=x", "after=-1", "limit=0", "limit=101", "before=99999999999"])
    def test_refuses_a_bad_query(self, client: APIClient, address: str, query: str) -> None:
        assert client.get(f"{address}?{query}").status_code == 400

    def test_stays_readable_after_closing(self, client: APIClient, address: str, conversation: Conversation) -> None:
        close_conversation(conversation_id=conversation.pk, now=timezone.now())

        assert len(self.seqs(client, address)) == 5

    def test_takes_the_same_number_of_queries(
        self, client: APIClient, address: str, django_assert_num_queries: Any
    ) -> None:
        for limit in (1, 5):
            with django_assert_num_queries(3):
                client.get(f"{address}?limit={limit}")


class TestCost:
    def test_is_one_statement_for_a_message(
        self, user: User, conversation: Conversation, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(3):  # the test's own transaction makes a savepoint of ours: two more
            make_message(conversation, user)
