"""What a client reads before sign-in."""

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

CONFIG = "/api/v1/config"

pytestmark = pytest.mark.django_db


def test_is_for_everybody_and_may_be_cached() -> None:
    answers = [APIClient().get(CONFIG), APIClient(HTTP_AUTHORIZATION="Bearer expired").get(CONFIG)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0]["Cache-Control"] == "public, max-age=300"


def test_names_only_what_is_configured() -> None:
    config = APIClient().get(CONFIG).json()

    assert config["sign_in"] == {
        "providers": ["demo"], "calling_code": "66", "firebase_project": None, "firebase": None, "line": None,
    }  # fmt: skip
    assert config["map"] == {"style_url": None, "centre": {"lat": 13.75, "lon": 100.52}}
    assert config["default_language"] == "en"


def test_shows_what_web_apps_need_and_no_secret(settings: Settings) -> None:
    settings.FIREBASE_PROJECT_ID = "city"
    settings.FIREBASE_WEB_CONFIG = {
        "apiKey": "key", "appId": "1:2:web:3", "authDomain": "city.example", "projectId": "city",
        "messagingSenderId": "2", "vapidKey": "B0", "measurementId": "G-1",
    }  # fmt: skip
    settings.LINE_LOGIN_CHANNEL_ID, settings.LINE_LOGIN_CHANNEL_SECRET = "1234", "the secret of the channel"
    settings.LINE_LIFF_ID = "1234-abcd"
    settings.MAP_SOURCES = ["https://maps.example/style.json", "https://tiles.example/"]

    answer = APIClient().get(CONFIG)

    assert answer.json()["sign_in"] == {
        "providers": ["firebase", "line"],
        "calling_code": "66",
        "firebase_project": "city",
        "firebase": {
            "api_key": "key", "app_id": "1:2:web:3", "auth_domain": "city.example", "project_id": "city",
            "messaging_sender_id": "2", "vapid_key": "B0",
        },
        "line": {"channel_id": "1234", "liff_id": "1234-abcd"},
    }  # fmt: skip
    assert answer.json()["map"]["style_url"] == "https://maps.example/style.json"
    assert b"secret" not in answer.content
