"""Registering devices."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import User
from notifications.models import Device
from notifications.push.backends import PushMessage
from notifications.services.devices import Registration, register_device
from notifications.services.privacy import remove_signed_out_devices, remove_unseen_devices
from tests.factories.notifications import NOON, deliver_to, make_device, make_notice, tell
from tests.factories.people import client_of, make_user
from tests.notifications.test_numbering import in_threads

PHONE = {"value": "token-of-this-phone", "platform": "android"}
DEVICES = "/api/v1/devices"


class TestRegister:
    def test_remembers_the_device_of_this_session(self, user: User) -> None:
        phone = client_of(user, installation="phone-7")

        response = phone.post(DEVICES, PHONE | {"app_version": "1.2", "locale": "th"})

        assert response.status_code == 201
        device = Device.objects.get()
        assert response.json()["id"] == str(device.pk)
        assert "value" not in response.json()
        assert (device.user, device.kind, device.locale, device.installation) == (user, "token", "th", "phone-7")

    def test_has_the_persons_language_by_default(self, db: None) -> None:
        client_of(make_user(locale="th")).post(DEVICES, PHONE)

        assert Device.objects.get().locale == "th"

    def test_refreshes_the_same_address(self, client: APIClient) -> None:
        first = client.post(DEVICES, PHONE).json()
        second = client.post(DEVICES, PHONE | {"app_version": "1.3"}).json()

        assert second["id"] == first["id"]
        assert second["created_at"] == first["created_at"]
        assert second["last_seen_at"] > first["last_seen_at"]
        assert second["app_version"] == "1.3"

    def test_forgets_the_address_this_app_had_before(self, client: APIClient) -> None:
        client.post(DEVICES, PHONE)
        client.post(DEVICES, PHONE | {"value": "rotated"})

        assert Device.objects.get().value == "rotated"

    def test_an_address_moves_with_the_phone(self, client: APIClient, user: User) -> None:
        client.post(DEVICES, PHONE)
        other = make_user()

        client_of(other).post(DEVICES, PHONE)

        assert Device.objects.get().user == other
        assert client.get(DEVICES).json()["results"] == []

    def test_drops_the_one_unseen_longest(self, user: User, settings: Settings) -> None:
        settings.DEVICES_MAX = 3
        for days in (1, 3, 2):
            make_device(user, value=f"seen {days} days ago", last_seen_at=NOON - timedelta(days=days))

        client_of(user).post(DEVICES, PHONE)

        values = set(user.devices.values_list("value", flat=True))
        assert values == {"token-of-this-phone", "seen 1 days ago", "seen 2 days ago"}

    def test_many_at_once_leave_one_device(self, transactional_db: None) -> None:
        people = [make_user() for _ in range(4)]
        fields = {"kind": "token", "value": "same", "platform": "web", "locale": "en"}

        def registering(user: User) -> Any:
            registration = Registration(installation=f"phone of {user.pk}", **fields)
            return lambda: register_device(user_id=user.pk, registration=registration, now=NOON)

        assert in_threads(*[registering(user) for user in people]) == []

        assert Device.objects.count() == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"value": ""},
            {"value": "x" * 513},
            {"value": "nul\x00"},
            {"platform": "fridge"},
            {"kind": "pigeon"},
            {"locale": "xx"},
            {"app_version": "v" * 31},
        ],
    )
    def test_refuses_what_is_no_device(self, client: APIClient, wrong: dict[str, str]) -> None:
        response = client.post(DEVICES, PHONE | wrong)

        assert response.status_code == 400
        assert response.json()["errors"][0]["field"] == next(iter(wrong))
        assert not Device.objects.exists()

    @pytest.mark.parametrize("locale", ["th-TH", "th_TH", "TH", "th-TH-u-ca-buddhist", "th_TH@calendar=buddhist"])
    def test_takes_the_locale_of_the_phone(self, client: APIClient, locale: str) -> None:
        assert client.post(DEVICES, PHONE | {"locale": locale}).status_code == 201
        assert Device.objects.get().locale == "th"

    @pytest.mark.parametrize("body", [[], "text", None, {}])
    def test_refuses_a_body_of_another_shape(self, client: APIClient, body: object) -> None:
        assert client.post(DEVICES, body).status_code == 400


class TestList:
    def test_shows_ones_own(self, client: APIClient, user: User) -> None:
        mine = make_device(user)
        make_device(make_user())

        results = client.get(DEVICES).json()["results"]

        assert [row["id"] for row in results] == [str(mine.pk)]


class TestForget:
    def test_forgets(self, client: APIClient, user: User) -> None:
        device = make_device(user)

        assert client.delete(f"{DEVICES}/{device.pk}").status_code == 204
        assert not Device.objects.exists()
        assert client.delete(f"{DEVICES}/{device.pk}").status_code == 404

    def test_knows_no_device_of_another(self, client: APIClient) -> None:
        device = make_device(make_user())

        response = client.delete(f"{DEVICES}/{device.pk}")

        assert response.status_code == 404
        assert response.json()["code"] == "not_found"
        assert Device.objects.exists()

    def test_knows_no_device_that_is_none(self, client: APIClient) -> None:
        assert client.delete(f"{DEVICES}/{uuid.uuid4()}").status_code == 404
        assert client.delete(f"{DEVICES}/nonsense").status_code == 404

    def test_forgets_where_nobody_is_signed_in_any_more(self, user: User) -> None:
        phone = client_of(user, installation="here")
        phone.post(DEVICES, PHONE)
        make_device(user, installation="signed out")

        assert remove_signed_out_devices(now=NOON) == 1
        assert Device.objects.get().installation == "here"


class TestSignsOfLife:
    @pytest.fixture
    def phone(self, user: User) -> APIClient:
        """A device registered long ago."""
        client = client_of(user, installation="here")
        client.post(DEVICES, PHONE)
        user.devices.update(last_seen_at=NOON)
        return client

    def test_are_the_acknowledgements_of_an_open_app(self, phone: APIClient, user: User) -> None:
        other = make_device(user, last_seen_at=NOON)

        phone.post("/api/v1/events/ack", {"seq": 0})

        assert user.devices.get(installation="here").last_seen_at > NOON
        assert user.devices.get(pk=other.pk).last_seen_at == NOON

    def test_are_written_down_seldom(self, phone: APIClient, user: User) -> None:
        minutes_ago = timezone.now() - timedelta(minutes=5)
        user.devices.update(last_seen_at=minutes_ago)

        phone.post("/api/v1/events/ack", {"seq": 0})

        assert user.devices.get().last_seen_at == minutes_ago

    @pytest.mark.parametrize(("days", "count"), [(29, 1), (30, 0)])
    def test_keep_a_device_from_growing_stale(
        self, user: User, outbox: list[PushMessage], days: int, count: int
    ) -> None:
        make_device(user, last_seen_at=NOON - timedelta(days=days))
        tell(make_notice(user))

        deliver_to(user)

        assert len(outbox) == count

    def test_are_awaited_for_nine_months(self, user: User) -> None:
        make_device(user, last_seen_at=NOON - timedelta(days=269))
        make_device(user, last_seen_at=NOON - timedelta(days=270))

        assert remove_unseen_devices(now=NOON) == 1
        assert user.devices.count() == 1
