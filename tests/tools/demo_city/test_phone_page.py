"""The phone of `bin/run --phone`."""

from collections.abc import Iterator

import httpx
import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from tools.fcm.server import FcmServer

PAGE, SENT = "/demo/phone", "/demo/phone/sent"
MINE, OTHER = "demo-phone-66800000001-1", "demo-phone-66800000011-2"


@pytest.fixture
def fcm(settings: Settings) -> Iterator[FcmServer]:
    """As `bin/run --phone` sets it up."""
    with FcmServer() as server:
        settings.DEMO_PHONE = True
        settings.FCM_ENDPOINT = server.url
        yield server


def send(fcm: FcmServer, token: str, number: int) -> int:
    body = {"message": {"token": token, "data": {"message_id": str(number)}}}
    return httpx.post(f"{fcm.url}/v1/projects/x/messages:send", json=body).status_code


class TestPage:
    @pytest.mark.parametrize(("language", "words"), [("th", "โทรศัพท์ของใคร"), ("en", "Whose phone")])
    def test_offers_the_demo_accounts(self, anonymous: APIClient, fcm: FcmServer, language: str, words: str) -> None:
        page = anonymous.get(PAGE, headers={"Accept-Language": language}).content.decode()

        assert words in page
        assert "+66800000001" in page
        assert "http" not in page.replace("http-equiv", "")

    @pytest.mark.parametrize("address", [PAGE, f"{SENT}?address={MINE}"])
    def test_does_not_exist_elsewhere(self, anonymous: APIClient, address: str) -> None:
        assert anonymous.get(address).status_code == 404


class TestSent:
    def test_is_what_this_phone_was_sent_since(self, anonymous: APIClient, fcm: FcmServer) -> None:
        for number, token in enumerate([MINE, OTHER, MINE], 1):
            assert send(fcm, token, number) == 200

        answer = anonymous.get(SENT, {"address": MINE, "since": "1"}).json()

        assert answer["count"] == 3
        assert [(one["number"], one["message"]["data"]["message_id"]) for one in answer["sent"]] == [(3, "3")]

    def test_says_when_nobody_answers(self, anonymous: APIClient, fcm: FcmServer, settings: Settings) -> None:
        settings.FCM_ENDPOINT = "http://127.0.0.1:1"

        answer = anonymous.get(SENT, {"address": MINE, "since": "4"})

        assert (answer.status_code, answer.json()) == (502, {"sent": [], "count": 4})

    @pytest.mark.parametrize("query", [{}, {"address": "a-real-token"}, {"address": MINE, "since": "-1"}])
    def test_is_of_demo_phones_alone(self, anonymous: APIClient, fcm: FcmServer, query: dict[str, str]) -> None:
        assert anonymous.get(SENT, query).status_code == 400


class TestLocalFcm:
    """Of a push sent by another process."""

    def test_answers_as_configured_and_counts(self, fcm: FcmServer) -> None:
        for order in ({"answer": "quota", "once": True}, {"answer": "unregistered"}):
            assert httpx.post(f"{fcm.url}/answers", json={"address": MINE} | order).status_code == 200

        assert [send(fcm, MINE, number) for number in range(3)] == [429, 404, 404]
        assert httpx.get(f"{fcm.url}/counts").json() == {MINE: 3}

    def test_knows_its_answers(self, fcm: FcmServer) -> None:
        answer = httpx.post(f"{fcm.url}/answers", json={"address": MINE, "answer": "odd"})

        assert answer.status_code == 400
        assert "slow" in answer.json()["answers"]
