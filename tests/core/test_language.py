"""The language of a response."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from tests.factories.people import make_session, make_user


class TestLanguage:
    @pytest.mark.parametrize(
        ("headers", "cookie", "language"),
        [
            ({}, "", "en"),
            ({"Accept-Language": "th"}, "", "th"),
            ({"Accept-Language": "xx, th;q=0.5, en;q=0.1"}, "", "th"),
            ({"Accept-Language": "*;q=x"}, "", "en"),
            ({"Accept-Language": "en"}, "th", "th"),
            ({"Accept-Language": "th;q=0, en;q=0.1"}, "", "en"),
            ({"Accept-Language": "th-TH-u-ca-buddhist-nu-thai"}, "", "th"),
            ({"Accept-Language": "th_TH"}, "", "th"),
        ],
    )
    def test_is_the_requested_one(self, headers: dict[str, str], cookie: str, language: str) -> None:
        phone = Client(headers=headers)
        phone.cookies["django_language"] = cookie

        answer = phone.get("/nothing/here")

        assert answer["Content-Language"] == language
        assert ("เรา" in answer.json()["detail"]) == (language == "th")
        assert answer["Vary"] == "Accept-Language"

    @pytest.mark.parametrize("header", ["my-MM", "lo", "km-KH,my;q=0.8", "xx", "*", ""])
    def test_of_a_thai_user_with_a_burmese_phone_is_thai(self, db: None, header: str) -> None:
        _, token = make_session(make_user(locale="th"))
        phone = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_ACCEPT_LANGUAGE=header)

        answer = phone.get("/api/v1/receipts/00000000-0000-0000-0000-000000000007")

        assert (answer.status_code, answer["Content-Language"]) == (404, "th")
        assert "เรา" in answer.json()["detail"]

    def test_of_a_thai_user_with_an_english_phone_is_english(self, db: None) -> None:
        _, token = make_session(make_user(locale="th"))
        phone = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_ACCEPT_LANGUAGE="my-MM, en-US;q=0.5")

        assert phone.get("/api/v1/me")["Content-Language"] == "en"
