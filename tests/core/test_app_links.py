"""The files by which Android and Apple know the apps that open our links."""

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

ANDROID = "/.well-known/assetlinks.json"
APPLE = "/.well-known/apple-app-site-association"


@pytest.mark.parametrize("path", [ANDROID, APPLE])
def test_without_an_app_there_is_no_file(path: str) -> None:
    answer = APIClient().get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_android_reads_package_and_keys(settings: Settings) -> None:
    settings.ANDROID_PACKAGE, settings.ANDROID_FINGERPRINTS = "org.example.trash", ["14:6D:E9", "AA:BB:CC"]

    answer = APIClient().get(ANDROID, HTTP_ACCEPT="*/*")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    (statement,) = answer.json()
    assert statement["relation"][0] == "delegate_permission/common.handle_all_urls"
    assert statement["target"] == {
        "namespace": "android_app",
        "package_name": "org.example.trash",
        "sha256_cert_fingerprints": ["14:6D:E9", "AA:BB:CC"],
    }


def test_apple_reads_app_and_screens(settings: Settings) -> None:
    settings.APPLE_APP_IDS = ["ABCDE12345.org.example.trash"]

    answer = APIClient().get(APPLE)

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    (details,) = answer.json()["applinks"]["details"]
    assert details["appIDs"] == ["ABCDE12345.org.example.trash"]
    assert {"/": "/matches/*"} in details["components"]
    assert {"/": "/admin/*"} not in details["components"]
