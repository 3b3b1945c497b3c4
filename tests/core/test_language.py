"""The language of a response."""

import pytest
from django.test import Client


class TestLanguage:
    @pytest.mark.parametrize(
        ("headers", "cookie", "language"),
        [
            ({}, "", "en"),
            ({"Accept-Language": "th"}, "", "th"),
            ({"Accept-Language": "xx, th;q=0.5, en;q=0.1"}, "", "th"),
            ({"Accept-Language": "*;q=x"}, "", "en"),
            ({"Accept-Language": "en"}, "th", "th"),
        ],
    )
    def test_is_the_requested_one(self, headers: dict[str, str], cookie: str, language: str) -> None:
        phone = Client(headers=headers)
        phone.cookies["django_language"] = cookie

        answer = phone.get("/nothing/here")

        assert answer["Content-Language"] == language
        assert ("เรา" in answer.json()["detail"]) == (language == "th")
        assert answer["Vary"] == "Accept-Language"
