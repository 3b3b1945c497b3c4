"""Preferences: what a user wants to be notified of."""

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import User
from notifications.models import Preferences
from tests.factories.people import client_of, make_user

CHOICES = "/api/v1/me/notifications"


class TestChoices:
    def test_begin_with_the_defaults_and_write_nothing(self, client: APIClient) -> None:
        response = client.get(CHOICES)

        assert response.status_code == 200
        assert response.json() == {
            "chat": True,
            "likes": True,
            "matches": True,
            "handover": True,
            "nearby": True,
            "digest": True,
            "push": True,
            "line": True,
            "email": False,
            "preview": False,
            "quiet_from": None,
            "quiet_until": None,
        }
        assert not Preferences.objects.exists()

    def test_change_only_what_is_named(self, client: APIClient, user: User) -> None:
        client.patch(CHOICES, {"likes": False})
        response = client.patch(CHOICES, {"preview": True})

        assert response.json()["likes"] is False
        assert response.json()["preview"] is True
        assert Preferences.objects.get(user=user).chat is True

    def test_are_ones_own(self, client: APIClient) -> None:
        client.patch(CHOICES, {"likes": False})

        assert client_of(make_user()).get(CHOICES).json()["likes"] is True

    def test_take_quiet_hours_and_give_them_up(self, client: APIClient) -> None:
        response = client.patch(CHOICES, {"quiet_from": "22:00", "quiet_until": "06:30"})
        assert response.json()["quiet_from"] == "22:00:00"

        response = client.patch(CHOICES, {"quiet_from": None, "quiet_until": None})
        assert response.json()["quiet_from"] is None

    @pytest.mark.parametrize("clock", ["15:00Z", "15:00+07:00", "15:00:00.5-05", "T15:00Z"])
    def test_refuse_quiet_hours_of_another_zone(self, client: APIClient, clock: str) -> None:
        response = client.patch(CHOICES, {"quiet_from": clock, "quiet_until": "22:00"})

        assert response.status_code == 400
        (error,) = response.json()["errors"]
        assert (error["field"], error["code"]) == ("quiet_from", "offset_unexpected")
        assert not Preferences.objects.exists()

    def test_refuse_half_of_the_quiet_hours(self, client: APIClient) -> None:
        response = client.patch(CHOICES, {"quiet_from": "22:00"})

        assert response.status_code == 400
        assert response.json()["code"] == "quiet_hours_incomplete"
        assert response.json()["errors"][0]["field"] == "quiet_until"
        assert not Preferences.objects.exists()

    def test_refuse_in_the_readers_language(self, db: None) -> None:
        response = client_of(make_user(locale="th")).patch(CHOICES, {"quiet_until": "22:00"})

        assert "งดแจ้งเตือน" in response.json()["detail"]

    @pytest.mark.parametrize("wrong", [{"chat": "perhaps"}, {"chat": None}, {"quiet_from": "25:00"}, {"preview": []}])
    def test_refuse_what_is_no_choice(self, client: APIClient, wrong: dict[str, object]) -> None:
        assert client.patch(CHOICES, wrong).status_code == 400

    def test_change_nothing_by_nothing(self, client: APIClient) -> None:
        assert client.patch(CHOICES, {}).status_code == 200
        assert not Preferences.objects.exists()
