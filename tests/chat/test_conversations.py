"""The list of conversations, and read positions."""

import uuid
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import Block, User
from backend.accounts.services.account import erase_account
from chat.models import Conversation, Participant
from chat.services.conversations import close_conversation
from notifications.models import Event
from notifications.services.inbox import acknowledge
from tests.chat.test_cards import post
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import client_of, make_user

LIST = "/api/v1/conversations"


@pytest.fixture
def other(db: None) -> User:
    return make_user(display_name="Malee Jaidee", avatar_colour="#be123c")


def read(client: APIClient, conversation: Conversation, seq: object) -> Any:
    return client.put(f"{LIST}/{conversation.pk}/read", {"seq": seq})


class TestOne:
    def test_is_what_the_list_shows(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        make_conversation(user, make_user())
        make_message(conversation, other, "Come")
        rows = {row["id"]: row for row in client.get(LIST).json()["results"]}

        answer = client.get(f"{LIST}/{conversation.pk}")

        assert (answer.status_code, answer.json()) == (200, rows[str(conversation.pk)])


class TestList:
    def test_shows_a_conversation(self, client: APIClient, user: User, other: User, conversation: Conversation) -> None:
        make_message(conversation, user, "Is it still there?")
        make_message(conversation, other, "Yes")
        make_message(conversation, other, "Come")

        (row,) = client.get(LIST).json()["results"]

        assert row["id"] == str(conversation.pk)
        assert row["title"] == "Six bags of cardboard"
        assert row["other"] == {"id": str(other.pk), "first_name": "Malee", "avatar_colour": "#be123c"}
        assert (row["last_seq"], row["read_seq"], row["unread"]) == (3, 0, 2)
        assert row["last_message"]["text"] == "Come"
        assert row["active_at"] == row["last_message"]["created_at"]
        assert row["closed_at"] is None

    def test_shows_one_without_messages(self, client: APIClient, conversation: Conversation) -> None:
        (row,) = client.get(LIST).json()["results"]

        assert (row["last_seq"], row["unread"], row["last_message"]) == (0, 0, None)

    def test_counts_unread_messages_after_the_position(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        for sender in (other, user, other, other):
            make_message(conversation, sender)
        read(client, conversation, 3)

        (row,) = client.get(LIST).json()["results"]

        assert (row["read_seq"], row["unread"]) == (3, 1)

    def test_orders_by_last_activity(self, client: APIClient, user: User, conversation: Conversation) -> None:
        newer = make_conversation(user, make_user())
        make_message(conversation, user)

        rows = client.get(LIST).json()["results"]

        assert [row["id"] for row in rows] == [str(conversation.pk), str(newer.pk)]

    def test_pages_through_all_once(self, client: APIClient, user: User) -> None:
        made = {str(make_conversation(user, make_user()).pk) for _ in range(5)}
        Conversation.objects.update(created_at=timezone.now())  # The id decides between equal times.
        seen: list[str] = []
        link: str | None = f"{LIST}?limit=2"
        while link:
            page = client.get(link).json()
            seen += [row["id"] for row in page["results"]]
            link = page["next"]

        assert sorted(seen) == sorted(made)

    @pytest.mark.parametrize(
        "position", [None, "", "x", f"2026-01-01T00:00:00 {uuid.UUID(int=1)}", "2026-01-01T00:00:00+00:00 x"]
    )
    def test_refuses_an_invalid_cursor(self, client: APIClient, position: str | None) -> None:
        cursor = b64encode(urlencode({} if position is None else {"p": position}).encode()).decode()

        response = client.get(LIST, {"cursor": cursor or "x"})

        assert (response.status_code, response.json()["code"]) == (400, "cursor_invalid")

    def test_names_an_erased_participant(self, client: APIClient, other: User, conversation: Conversation) -> None:
        erase_account(user=other, now=timezone.now())

        (row,) = client.get(LIST).json()["results"]

        assert row["other"]["first_name"] == "Former member"

    def test_hides_those_of_others(self, conversation: Conversation) -> None:
        assert client_of(make_user()).get(LIST).json() == {"results": [], "next": None}


class TestUnread:
    def unread(self, client: APIClient) -> int:
        (row,) = client.get(LIST).json()["results"]
        return int(row["unread"])

    def test_counts_cards_that_others_caused(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        for by in (user, other, None):
            post(conversation, by, "arrived")

        assert (self.unread(client), self.unread(client_of(other))) == (2, 2)

    def test_counts_in_closed_conversations(self, client: APIClient, other: User, conversation: Conversation) -> None:
        make_message(conversation, other)
        close_conversation(conversation_id=conversation.pk, now=timezone.now())
        assert self.unread(client) == 1

        read(client, conversation, 1)
        assert self.unread(client) == 0

    def test_is_zero_for_a_blocked_participant(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        make_message(conversation, other)
        make_message(conversation, user)
        Block.objects.create(blocker=user, blocked=other)

        assert self.unread(client) == 0
        assert self.unread(client_of(other)) == 1  # the blocked user must not notice


class TestDelivered:
    def delivered_to(self, reader: APIClient) -> int:
        (row,) = reader.get(LIST).json()["results"]
        seq: int = row["other_delivered_seq"]
        return seq

    def test_is_as_far_as_an_open_app_has_acknowledged(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        for _ in range(2):
            make_message(conversation, user)
        assert self.delivered_to(client) == 0

        first = Event.objects.filter(user=other, name="message.sent").earliest("seq")
        acknowledge(user_id=other.pk, seq=first.seq)
        assert self.delivered_to(client) == 1
        read(client_of(other), conversation, 2)
        assert self.delivered_to(client) == 2

    @pytest.mark.parametrize("by_me", [True, False])
    def test_is_hidden_during_a_block(
        self, client: APIClient, user: User, other: User, conversation: Conversation, by_me: bool
    ) -> None:
        make_message(conversation, user)
        Block.objects.create(blocker=user if by_me else other, blocked=other if by_me else user)

        acknowledge(user_id=other.pk, seq=10)

        assert self.delivered_to(client) == 0


class TestRead:
    def test_moves_forward_only(self, client: APIClient, other: User, conversation: Conversation) -> None:
        for _ in range(3):
            make_message(conversation, other)

        responses = [read(client, conversation, seq).json()["read_seq"] for seq in (2, 1, 3)]

        assert responses == [2, 2, 3]

    def test_stops_at_the_last_message(self, client: APIClient, other: User, conversation: Conversation) -> None:
        make_message(conversation, other)

        assert read(client, conversation, 2_000_000_000).json() == {"read_seq": 1}

    def test_is_seen_by_the_other(self, client: APIClient, other: User, conversation: Conversation) -> None:
        make_message(conversation, other)
        read(client, conversation, 1)

        (row,) = client_of(other).get(LIST).json()["results"]

        assert (row["read_seq"], row["other_read_seq"]) == (0, 1)

    @pytest.mark.parametrize("by_me", [True, False])
    def test_is_hidden_during_a_block(
        self, client: APIClient, user: User, other: User, conversation: Conversation, by_me: bool
    ) -> None:
        make_message(conversation, other)
        read(client, conversation, 1)
        make_message(conversation, other)
        block = Block.objects.create(blocker=user if by_me else other, blocked=other if by_me else user)

        assert read(client, conversation, 2).json() == {"read_seq": 2}
        assert self.seen_by(other) == 1

        block.delete()
        make_message(conversation, other)
        read(client, conversation, 3)
        assert self.seen_by(other) == 3

    def seen_by(self, reader: User) -> int:
        (row,) = client_of(reader).get(LIST).json()["results"]
        seen: int = row["other_read_seq"]
        return seen

    def test_tells_the_other_and_ones_own_other_phone_once(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        make_message(conversation, other)
        read(client, conversation, 1)
        read(client, conversation, 1)

        events = Event.objects.filter(name="message.read")

        assert sorted(event.user_id for event in events) == sorted([user.pk, other.pk])
        for event in events:
            assert event.data == {"conversation": str(conversation.pk), "user": str(user.pk), "seq": 1}
            assert not event.wants_push

    def test_answering_is_reading(
        self,
        client: APIClient,
        user: User,
        other: User,
        conversation: Conversation,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        make_message(conversation, other)
        make_message(conversation, other)

        for text in ("I see", "Coming"):
            with django_capture_on_commit_callbacks(execute=True):
                body = {"client_id": str(uuid.uuid4()), "text": text}
                assert client.post(f"{LIST}/{conversation.pk}/messages", body).status_code == 201

        (row,) = client.get(LIST).json()["results"]
        assert (row["unread"], row["read_seq"]) == (0, 3)
        assert not Event.objects.filter(user=user, wants_push=True, read_at=None).exists()
        seqs = Event.objects.filter(name="message.read").values_list("data__seq", flat=True)
        assert list(seqs) == [3, 3], "one event for each, at the first answer alone"

    def test_answering_reads_nothing_of_the_other(
        self, client: APIClient, other: User, conversation: Conversation, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            client.post(f"{LIST}/{conversation.pk}/messages", {"client_id": str(uuid.uuid4()), "text": "Hello"})

        (row,) = client_of(other).get(LIST).json()["results"]
        assert (row["unread"], row["other_read_seq"]) == (1, 0)
        assert not Event.objects.filter(name="message.read").exists()

    def test_marks_events_of_read_messages_as_read(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        make_message(conversation, other)
        make_message(conversation, other)

        read(client, conversation, 1)
        assert Event.objects.get(user=user, wants_push=True, read_at=None).data["message"]["seq"] == 2

        read(client, conversation, 2)
        assert not Event.objects.filter(user=user, wants_push=True, read_at=None).exists()

    @pytest.mark.parametrize("seq", [-1, "x", None, 1.5, [], 99999999999])
    def test_refuses_an_invalid_number(self, client: APIClient, conversation: Conversation, seq: object) -> None:
        response = read(client, conversation, seq)

        assert (response.status_code, response.json()["code"]) == (400, "invalid")

    def test_refuses_a_stranger(self, conversation: Conversation) -> None:
        assert read(client_of(make_user()), conversation, 1).status_code == 404
        assert set(Participant.objects.values_list("read_seq", flat=True)) == {0}
