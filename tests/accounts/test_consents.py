"""The ledger of consents: given for a version, withdrawn, asked for again when the text changes; only added to."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import Consent, User
from backend.accounts.records import DAILY
from backend.accounts.registry import export_all, run_timers
from backend.accounts.services.account import erase_account
from backend.core.clock import read_clock
from tests.factories.people import make_user

CONSENTS = "/api/v1/me/consents"


def row(client: APIClient, purpose: str) -> Any:
    return next(row for row in client.get(CONSENTS).json()["results"] if row["purpose"] == purpose)


def say(client: APIClient, purpose: str, *, version: str = "", is_given: bool = True) -> Any:
    version = version or row(client, purpose)["current_version"]
    body = {"purpose": purpose, "version": version, "is_given": is_given, "channel": "web"}
    return client.post(CONSENTS, body)


@pytest.mark.parametrize("purpose", ["terms", "privacy", "age"])
def test_is_given_and_withdrawn(client: APIClient, user: User, purpose: str) -> None:
    assert row(client, purpose)["is_current"] is False
    version = row(client, purpose)["current_version"]

    say(client, purpose)
    say(client, purpose)
    assert (row(client, purpose)["accepted_version"], row(client, purpose)["is_current"]) == (version, True)
    say(client, purpose, is_given=False)

    assert (row(client, purpose)["accepted_version"], row(client, purpose)["is_current"]) == (None, False)
    ledger = user.consents.order_by("id").values_list("version", "is_given", "channel")
    assert list(ledger) == [(version, True, "web"), (version, False, "web")]


def test_is_asked_for_again_when_the_text_changes(client: APIClient, settings: Settings) -> None:
    say(client, "age")

    settings.MINIMUM_AGE = 20

    assert (row(client, "age")["accepted_version"], row(client, "age")["is_current"]) == ("18", False)
    refused = say(client, "age", version="18")
    assert (refused.status_code, refused.json()["code"]) == (409, "consent_outdated")
    assert say(client, "age", version="18", is_given=False).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"purpose": "ads"}, {"purpose": "terms", "version": "1", "is_given": True, "channel": "phone"}]
)
def test_refuses_a_bad_shape(client: APIClient, body: dict[str, Any]) -> None:
    assert client.post(CONSENTS, body).status_code == 400


@pytest.mark.django_db
def test_outlives_the_account_for_two_years(settings: Settings) -> None:
    settings.CONSENT_DAYS = 0
    user = make_user()
    Consent.objects.create(user=user, purpose="age", version="18", is_given=True, channel="app", at=read_clock())
    assert export_all(user=user)["account"]["consents"][0]["version"] == "18"

    erase_account(user=user, now=read_clock())
    assert Consent.objects.count() == 1
    run_timers(job=DAILY, now=read_clock())

    assert Consent.objects.count() == 0


@pytest.mark.parametrize("change", ["update", "delete"])
def test_is_not_changed_in_the_database_either(client: APIClient, user: User, change: str) -> None:
    say(client, "terms")
    row = Consent.objects.filter(user=user)

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        row.update(is_given=False) if change == "update" else row.delete()

    assert row.get().is_given


def test_the_configuration_says_which_versions_are_in_force(client: APIClient) -> None:
    rows = client.get(CONSENTS).json()["results"]

    assert client.get("/api/v1/config").json()["consents"] == {row["purpose"]: row["current_version"] for row in rows}
