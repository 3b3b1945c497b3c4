"""Muting a conversation."""

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
from tests.factories.people import make_user


@pytest.fixture
def address(conversation: Conversation) -> str:
    return f"/api/v1/conversations/{conversation.pk}/mute"


class TestMute:
    def test_stops_pushes_until_it_ends(
        self, client: APIClient, user: User, other: User, conversation: Conversation, address: str
    ) -> None:
        backends.reset_memory()
        make_device(user)
        noon = read_clock().replace(hour=5)  # noon in Bangkok
        assert client.put(address).json() == {"muted": True, "until": None}
        make_message(conversation, other, now=noon)

        deliver_to(user, noon)
        assert backends.outbox == []
        assert client.delete(address).status_code == 204
        make_message(conversation, other, now=noon)
        deliver_to(user, noon)

        assert len(backends.outbox) == 1

    def test_shows_until_when(self, client: APIClient, address: str) -> None:
        assert client.get(address).json() == {"muted": False, "until": None}
        until = (read_clock() + timedelta(hours=8)).isoformat().replace("+00:00", "Z")

        assert client.put(address, {"until": until}).json() == {"muted": True, "until": until}
        assert client.get(address).json() == {"muted": True, "until": until}

    def test_is_listed_until_it_ends(
        self, client: APIClient, user: User, conversation: Conversation, address: str
    ) -> None:
        make_conversation(user, make_user())
        listed = "/api/v1/conversations?muted=true"
        assert client.get(listed).json()["results"] == []

        client.put(address)

        assert [row["id"] for row in client.get(listed).json()["results"]] == [str(conversation.pk)]
        Mute.objects.update(until=read_clock())
        assert client.get(listed).json()["results"] == []

    def test_ends_at_its_time(self, client: APIClient, address: str) -> None:
        client.put(address)
        Mute.objects.update(until=read_clock())

        assert client.get(address).json()["muted"] is False

    def test_replaces_what_was_set_and_unmutes_twice(self, client: APIClient, address: str) -> None:
        client.put(address, {"until": (read_clock() + timedelta(hours=8)).isoformat()})
        client.put(address)

        assert Mute.objects.get().until is None
        assert [client.delete(address).status_code for _ in range(2)] == [204, 204]

    @pytest.mark.parametrize(
        ("until", "code"),
        [
            ("2020-01-01T00:00:00Z", "mute_over"),
            ("soon", "invalid"),
            ([], "invalid"),
            ("2030-01-01T08:00", "offset_missing"),
            ("2569-12-01T08:00:00+07:00", "year_of_buddhist_era"),
            ("2571-02-29T08:00:00+07:00", "year_of_buddhist_era"),
            ("๒๕๖๙-12-01T08:00:00+07:00", "year_of_buddhist_era"),
            ("2999-01-01T00:00:00Z", "year_too_far"),
        ],
    )
    def test_refuses_an_invalid_time(self, client: APIClient, address: str, until: object, code: str) -> None:
        response = client.put(address, {"until": until})

        assert response.status_code == 400
        assert response.json()["errors"][0]["code"] == code
        assert response.json()["errors"][0]["field"] == "until"
        assert not Mute.objects.exists()

    def test_takes_two_queries(
        self, client: APIClient, address: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(3):
            client.get(address)
