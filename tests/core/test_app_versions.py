"""Apps older than APP_VERSION_MIN are refused, and every response says from which version on apps are served."""

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.core.http.app_versions import parse_version

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/me"


@pytest.fixture
def minimum(settings: Settings) -> str:
    settings.APP_VERSION_MIN = "1.10"
    return "1.10"


@pytest.mark.parametrize("version", ["1.10", "1.10.0", "1.10.3-beta+7", "2", "10.0"])
def test_a_new_enough_app_is_served(client: APIClient, minimum: str, version: str) -> None:
    response = client.get(ADDRESS, headers={"App-Version": version})

    assert (response.status_code, response["App-Version-Min"]) == (200, minimum)


@pytest.mark.parametrize("version", ["1.9.9", "1", "0.99", " 1.2 "])
def test_an_old_app_is_refused(client: APIClient, minimum: str, version: str) -> None:
    response = client.get(ADDRESS, headers={"App-Version": version, "Accept-Language": "en"})

    assert (response.status_code, response.json()["code"]) == (400, "app_outdated")
    assert response.json()["detail"].endswith("Please update to 1.10 or newer.")
    assert response["App-Version-Min"] == minimum


def test_an_old_app_cannot_sign_in(anonymous: APIClient, minimum: str) -> None:
    body = {"provider": "demo", "phone": "+66812345678"}

    response = anonymous.post("/api/v1/auth/sign-in", body, headers={"App-Version": "1.0"})

    assert response.json()["code"] == "app_outdated"


@pytest.mark.parametrize("headers", [{}, {"App-Version": ""}, {"App-Version": "latest"}])
def test_a_client_without_a_version_is_served(client: APIClient, minimum: str, headers: dict[str, str]) -> None:
    assert client.get(ADDRESS, headers=headers).status_code == 200


def test_without_a_minimum_every_app_is_served(client: APIClient) -> None:
    response = client.get(ADDRESS, headers={"App-Version": "0.1"})

    assert response.status_code == 200
    assert "App-Version-Min" not in response


@pytest.mark.parametrize(
    ("text", "version"), [("1.4.2", (1, 4, 2)), ("1.4.0", (1, 4)), ("0", ()), ("v1", None), ("", None)]
)
def test_versions_are_read_without_zeros_at_the_end(text: str, version: tuple[int, ...] | None) -> None:
    assert parse_version(text) == version
