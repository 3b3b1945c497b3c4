"""Requests of genuine apps alone, by tokens of App Check, through the real Admin SDK."""

from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.configuration import problems_of
from tests.factories.people import client_of, make_user
from tests.firebase_endpoint import FirebaseEndpoint, app_check_token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def app_check(settings: Settings, firebase: FirebaseEndpoint) -> FirebaseEndpoint:
    settings.FIREBASE_APP_CHECK = True
    return firebase


def get_me(token: str | None) -> Any:
    return client_of(make_user()).get("/api/v1/me", headers={"X-Firebase-AppCheck": token} if token else {})


def test_a_genuine_app_is_served() -> None:
    assert get_me(app_check_token()).status_code == 200


@pytest.mark.parametrize(
    "token",
    [
        None,
        "x",
        "a.b.c",
        app_check_token(age_s=4_000),
        app_check_token(project="another"),
        app_check_token(iss="https://elsewhere.example/1"),
        app_check_token(key_id="of nobody"),
        app_check_token()[:-40] + "A" * 40,
    ],
)
def test_others_are_refused(token: str | None, settings: Settings) -> None:
    answer = get_me(token)

    assert (answer.status_code, answer.json()["code"]) == (403, "app_not_genuine")
    settings.FIREBASE_APP_CHECK = False
    assert get_me(token).status_code == 200


def test_an_app_starts_without_one() -> None:
    assert APIClient().get("/api/v1/config").status_code == 200
    body = {"provider": "firebase", "token": "x"}
    assert APIClient().post("/api/v1/auth/sign-in", body).json()["code"] == "app_not_genuine"


def test_the_open_feed_is_for_everybody() -> None:
    assert APIClient().get("/ogc/collections").status_code == 200


def test_without_googles_keys_it_is_worth_another_try(app_check: FirebaseEndpoint) -> None:
    app_check.down.add("jwks")

    answer = get_me(app_check_token())

    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "unavailable", "5")


def test_needs_a_project() -> None:
    assert any("FIREBASE_APP_CHECK" in problem for problem in problems_of({"FIREBASE_APP_CHECK": "true"}))
