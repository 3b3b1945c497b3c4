"""A conversation that may not ring."""

import uuid
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.core.clock import read_clock
from chat.models import Conversation
from notifications.models import Mute
from notifications.push import backends
from tests.factories.chat import make_conversation, make_message
from tests.factories.notifications import deliver_to, make_device
from tests.factories.people import client_of, make_user


@pytest.fixture
def other(db: None) -> User:
    return make_user()


@pytest.fixture
def conversation(user: User, other: User) -> Conversation:
    return make_conversation(user, other)


@pytest.fixture
def door(conversation: Conversation) -> str:
    return f"/api/v1/conversations/{conversation.pk}/mute"


class TestMute:
    def test_keeps_its_messages_from_ringing_until_it_ends(
        self, client: APIClient, user: User, other: User, conversation: Conversation, door: str
    ) -> None:
        backends.reset_memory()
        make_device(user)
        noon = read_clock().replace(hour=5)  # in Bangkok
        assert client.put(door).json() == {"muted": True, "until": None}
        make_message(conversation, other, now=noon)

        deliver_to(user, noon)
        assert backends.outbox == []
        assert client.delete(door).status_code == 204
        make_message(conversation, other, now=noon)
        deliver_to(user, noon)

        assert len(backends.outbox) == 1

    def test_shows_how_long_it_holds(self, client: APIClient, door: str) -> None:
        assert client.get(door).json() == {"muted": False, "until": None}
        until = (read_clock() + timedelta(hours=8)).isoformat().replace("+00:00", "Z")

        assert client.put(door, {"until": until}).json() == {"muted": True, "until": until}
        assert client.get(door).json() == {"muted": True, "until": until}

    def test_is_over_when_its_time_is_up(self, client: APIClient, door: str) -> None:
        client.put(door)
        Mute.objects.update(until=read_clock())

        assert client.get(door).json()["muted"] is False

    def test_replaces_what_was_set_and_unmutes_twice(self, client: APIClient, door: str) -> None:
        client.put(door, {"until": (read_clock() + timedelta(hours=8)).isoformat()})
        client.put(door)

        assert Mute.objects.get().until is None
        assert [client.delete(door).status_code for _ in range(2)] == [204, 204]

    @pytest.mark.parametrize(
        ("until", "code"),
        [
            ("2020-01-01T00:00:00Z", "mute_over"),
            ("soon", "invalid"),
            ([], "invalid"),
            ("2030-01-01T08:00", "offset_missing"),
        ],
    )
    def test_refuses_a_time_that_is_none(self, client: APIClient, door: str, until: object, code: str) -> None:
        answer = client.put(door, {"until": until})

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == code
        assert answer.json()["errors"][0]["field"] == "until"
        assert not Mute.objects.exists()

    @pytest.mark.parametrize("method", ["get", "put", "delete"])
    def test_is_for_those_who_take_part(self, door: str, anonymous: APIClient, client: APIClient, method: str) -> None:
        nowhere = f"/api/v1/conversations/{uuid.uuid4()}/mute"

        assert getattr(client_of(make_user()), method)(door).status_code == 404
        assert getattr(client, method)(nowhere).status_code == 404
        assert getattr(anonymous, method)(door).status_code == 401

    def test_takes_two_queries(
        self, client: APIClient, door: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(3):
            client.get(door)
