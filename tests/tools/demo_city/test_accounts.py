"""The accounts of the demo city that the web app offers."""

from pytest_django import Settings
from rest_framework.test import APIClient

ACCOUNTS = "/demo/accounts"


def test_lists_residents_and_collectors() -> None:
    accounts = APIClient().get(ACCOUNTS).json()["accounts"]

    assert {account["role"] for account in accounts} == {"resident", "collector"}
    assert all(account["phone"].startswith("+66800") for account in accounts)


def test_are_not_there_where_firebase_signs_people_in(settings: Settings) -> None:
    settings.FIREBASE_PROJECT_ID = "a-project"

    assert APIClient().get(ACCOUNTS).status_code == 404
