"""Sharing a location: with consent, for a limited time, and removed everywhere afterwards."""

import json
import logging
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import Block, User
from backend.accounts.services.account import erase_account
from backend.core.models import IdempotentAnswer
from chat.models import Conversation, Message, MessageLocation
from chat.services.conversations import close_conversation
from chat.services.deletion import remove_expired_locations
from notifications.models import Event
from notifications.texts import text_of
from tests.chat.phones import Phone
from tests.chat.test_deletion import tables_with
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import client_of, make_user

HERE = {"lat": 13.731234, "lon": 100.541234}
TRACES = ("13.731234", "100.541234", "13.7312", "100.5412")


def share(client: APIClient, conversation: Conversation, headers: Any = None, **fields: Any) -> Any:
    location = HERE | {"consent": True} | fields.pop("location", {})
    body = {"client_id": str(uuid.uuid4()), "kind": "location", "location": location} | fields
    return client.post(f"/api/v1/conversations/{conversation.pk}/messages", body, headers=headers)


def point_of(client: APIClient, conversation: Conversation) -> Any:
    """The point that the history and the message itself show to this reader."""
    address = f"/api/v1/conversations/{conversation.pk}/messages"
    (row,) = client.get(address).json()["results"]
    assert client.get(f"{address}/{row['id']}").json() == row
    return row["location"]["point"]


def has_trace(found: object) -> bool:
    return any(trace in json.dumps(found, default=str) for trace in TRACES)


class TestShare:
    def test_shows_the_point_to_both_in_the_history_alone(
        self, client: APIClient, user: User, other: User, conversation: Conversation
    ) -> None:
        response = share(client, conversation, location={"accuracy_m": 12, "minutes": 15})

        assert response.status_code == 201
        message = response.json()
        sent_at = Message.objects.get().created_at
        expires_at = (sent_at + timedelta(minutes=15)).isoformat().replace("+00:00", "Z")
        assert message["location"] == {"expires_at": expires_at, "accuracy_m": 12}
        assert (message["kind"], message["text"]) == ("location", "Location")
        assert point_of(client, conversation) == point_of(client_of(other), conversation) == HERE

    def test_shows_no_point_in_events_pushes_and_lists(
        self, client: APIClient, other: User, conversation: Conversation, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        response = share(client, conversation, headers={"Idempotency-Key": "k"})
        reader = client_of(other)

        event = Event.objects.get(user=other)
        pushed = text_of(event=event.name, data=event.data, locale="th", preview=True)

        assert pushed.body == "ตำแหน่งที่อยู่"
        shown = [reader.get(f"/api/v1/{name}").json() for name in ("events", "conversations")]
        assert not has_trace([response.json(), event.data, pushed, shown])
        lines = [record.getMessage() for record in caplog.records if record.name != "django.db.backends"]
        assert not has_trace(lines)
        # The point itself is stored as bytes, so these digits are nowhere else.
        assert [table for trace in TRACES for table in tables_with(trace)] == []

    def test_lasts_an_hour_by_default(self, client: APIClient, conversation: Conversation) -> None:
        share(client, conversation)

        lasts = MessageLocation.objects.get().expires_at - Message.objects.get().created_at
        assert lasts == timedelta(minutes=60)

    def test_is_sent_once(self, client: APIClient, conversation: Conversation) -> None:
        client_id = str(uuid.uuid4())
        first = share(client, conversation, client_id=client_id)

        again = share(client, conversation, client_id=client_id, location={"lat": 14.0})

        assert (again.status_code, again.json()) == (200, first.json())
        assert point_of(client, conversation) == HERE

    def test_takes_the_same_queries_as_texts(
        self, client: APIClient, conversation: Conversation, django_assert_num_queries: Any
    ) -> None:
        for _ in range(3):
            share(client, conversation)

        with django_assert_num_queries(3):
            client.get(f"/api/v1/conversations/{conversation.pk}/messages")


class TestRemoval:
    @pytest.fixture(autouse=True)
    def shared(self, client: APIClient, conversation: Conversation) -> None:
        share(client, conversation, headers={"Idempotency-Key": "k"})

    def expire(self) -> None:
        MessageLocation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    def test_for_readers_at_once(self, client: APIClient, other: User, conversation: Conversation) -> None:
        self.expire()

        assert point_of(client, conversation) is None
        assert point_of(client_of(other), conversation) is None

    def test_from_the_database(self, client: APIClient, conversation: Conversation) -> None:
        assert remove_expired_locations(now=timezone.now()) == 0
        self.expire()

        assert remove_expired_locations(now=timezone.now()) == 1

        assert not MessageLocation.objects.exists()
        # The names of models and permissions have the word, too.
        assert set(tables_with("consent")) <= {"auth_permission", "django_content_type"}
        assert tables_with(str(Message.objects.get().client_id)) == ["notifications_event", "chat_message"]
        assert point_of(client, conversation) is None

    def test_when_the_conversation_closes(self, client: APIClient, other: User, conversation: Conversation) -> None:
        close_conversation(conversation_id=conversation.pk, now=timezone.now())

        assert point_of(client_of(other), conversation) is None
        assert not MessageLocation.objects.exists()
        assert IdempotentAnswer.objects.get().body == {"id": str(Message.objects.get(kind="location").pk)}

    @pytest.mark.parametrize("blocker_is_user", [True, False])
    def test_for_the_other_when_one_blocks(
        self, client: APIClient, user: User, other: User, conversation: Conversation, blocker_is_user: bool
    ) -> None:
        blocker, blocked = (user, other) if blocker_is_user else (other, user)
        Block.objects.create(blocker=blocker, blocked=blocked)

        assert point_of(client_of(other), conversation) is None
        assert point_of(client, conversation) == HERE

    def test_when_consent_is_taken_back_however_late(
        self, client: APIClient, other: User, conversation: Conversation
    ) -> None:
        Message.objects.update(created_at=timezone.now() - timedelta(minutes=50))

        response = client.delete(f"/api/v1/conversations/{conversation.pk}/messages/{Message.objects.get().pk}")

        assert response.status_code == 200
        assert "location" not in response.json()
        assert not MessageLocation.objects.exists()

    def test_with_the_person(self, client: APIClient, user: User, other: User) -> None:
        (kept,) = client.get("/api/v1/me/export").json()["chat"]["locations"]
        assert {name: kept[name] for name in HERE} == HERE

        erase_account(user=user, now=timezone.now())

        assert not MessageLocation.objects.exists()
        (event,) = client_of(other).get("/api/v1/events").json()["events"]
        assert "location" not in event["data"]["message"]


class TestRefuses:
    @pytest.mark.parametrize(
        ("location", "code"),
        [
            ({"consent": False}, "consent_missing"),
            ({"consent": None}, "invalid"),
            ({"lat": None}, "invalid"),
            ({"lat": 91}, "invalid"),
            ({"lon": -180.5}, "invalid"),
            ({"lon": "here"}, "invalid"),
            ({"minutes": 0}, "invalid"),
            ({"minutes": 481}, "location_invalid"),
            ({"minutes": 10**12}, "location_invalid"),
            ({"accuracy_m": -1}, "invalid"),
        ],
    )
    def test_what_is_wrong_without_repeating_it(
        self, client: APIClient, conversation: Conversation, location: dict[str, Any], code: str
    ) -> None:
        response = share(client, conversation, location=location)

        assert (response.status_code, response.json()["code"]) == (400, code)
        assert response.json()["errors"][0]["field"].startswith("location")
        assert not has_trace(response.json())
        assert not Message.objects.exists()

    def test_a_missing_one(self, client: APIClient, conversation: Conversation) -> None:
        body = {"client_id": str(uuid.uuid4()), "kind": "location"}

        response = client.post(f"/api/v1/conversations/{conversation.pk}/messages", body)

        assert (response.status_code, response.json()["code"]) == (400, "location_invalid")

    def test_strangers(self, client: APIClient, user: User, conversation: Conversation) -> None:
        stranger = client_of(make_user())
        assert share(stranger, conversation).status_code == 404

        message = share(client, conversation).json()
        address = f"/api/v1/conversations/{conversation.pk}/messages"

        assert stranger.get(address).status_code == stranger.get(f"{address}/{message['id']}").status_code == 404


class TestOnTheSocket:
    def test_sends_no_point(self, open_phone: Any, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        anns: Phone = open_phone(ann)
        fields = {"conversation": str(conversation.pk), "client_id": str(uuid.uuid4()), "kind": "location"}

        anns.send(type="message.send", location=HERE | {"consent": True}, **fields)

        frames = [anns.expect_any("ok", "event") for _ in range(2)] + [open_phone(bob).expect("event")]
        assert not has_trace(frames)
        assert point_of(client_of(bob), conversation) == HERE

    @pytest.mark.parametrize(
        ("location", "code"),
        [
            (HERE, "consent_missing"),
            (HERE | {"consent": "yes"}, "frame_invalid"),
            ({"lat": 13.7, "consent": True}, "frame_invalid"),
            (None, "location_invalid"),
        ],
    )
    def test_refuses_the_same(self, open_phone: Any, ann: User, bob: User, location: object, code: str) -> None:
        anns: Phone = open_phone(ann)
        fields = {"conversation": str(make_conversation(ann, bob).pk), "client_id": str(uuid.uuid4())}

        anns.send(type="message.send", kind="location", location=location, **fields)

        refused = anns.expect("error")
        assert refused["code"] == code
        assert not has_trace(refused)


class TestKinds:
    def test_all_kinds_are_numbered_without_gaps(
        self, client: APIClient, user: User, conversation: Conversation
    ) -> None:
        make_message(conversation, user)
        make_message(conversation, user, kind="phrase", phrase={"code": "yes"})
        share(client, conversation)

        rows = client.get(f"/api/v1/conversations/{conversation.pk}/messages").json()["results"]

        assert [(row["seq"], row["kind"]) for row in rows] == [(3, "location"), (2, "phrase"), (1, "text")]


FROM_PHONES: list[tuple[dict[str, Any], bool]] = [
    ({"accuracy_m": 12.5}, True),
    ({"accuracy_m": 12.0}, True),
    ({"accuracy_m": 12}, True),
    ({"accuracy_m": "12.5"}, True),
    ({"accuracy_m": None, "minutes": None}, True),
    ({"minutes": 15.0}, True),
    ({"minutes": "15"}, True),
    ({"minutes": 1.5}, False),
    ({"minutes": 0}, False),
    ({"minutes": 100_000}, False),
    ({"accuracy_m": -1}, False),
    ({"accuracy_m": 100_001}, False),
    ({"accuracy_m": "NaN"}, False),
    ({"lat": 91}, False),
    ({"lat": None}, False),
    ({"lat": "13.7"}, True),
    ({"consent": None}, False),
    ({"consent": "true"}, False),
    ({"consent": 1}, False),
    ({"altitude": 3}, False),
]


class TestWhatPhonesSend:
    def test_takes_what_http_takes(self, open_phone: Any, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        phone: Phone = open_phone(ann, since=None)
        client = client_of(ann)

        for fields, is_accepted in FROM_PHONES:
            body = {"client_id": str(uuid.uuid4()), "kind": "location"}
            body["location"] = HERE | {"consent": True} | fields  # type: ignore[assignment]
            phone.send(type="message.send", conversation=str(conversation.pk), **body)
            answer = phone.expect("ok" if is_accepted else "error")
            assert is_accepted or answer["field"].startswith("location"), (fields, answer)
            response = share(client, conversation, location=fields)
            assert (response.status_code == 201) == is_accepted, (fields, response.json())

    @pytest.mark.parametrize(
        ("fields", "is_accepted"),
        [
            ({"phrase": None, "location": None, "kind": None}, True),
            ({"text": 5}, False),
            ({"text": None}, False),
            ({"adress": "1"}, False),
            ({"client_id": "x"}, False),
        ],
    )
    def test_takes_the_texts_that_http_takes(
        self, open_phone: Any, ann: User, bob: User, fields: dict[str, Any], is_accepted: bool
    ) -> None:
        conversation = make_conversation(ann, bob)
        phone: Phone = open_phone(ann, since=None)
        body = {"client_id": str(uuid.uuid4()), "text": "Hello"} | fields

        phone.send(type="message.send", conversation=str(conversation.pk), **body)
        response = client_of(ann).post(f"/api/v1/conversations/{conversation.pk}/messages", body)

        answer = phone.expect("ok" if is_accepted else "error")
        assert is_accepted or answer["field"] == response.json()["errors"][0]["field"] == next(iter(fields))
        assert (response.status_code in {200, 201}) == is_accepted
