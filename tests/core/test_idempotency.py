"""`Idempotency-Key` on POST: at most one effect, and the same answer every time."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import Report, Session, User
from backend.core.http.idempotency import delete_old_answers
from backend.core.models import IdempotentAnswer
from tests.factories.geo import make_pickup
from tests.factories.people import client_of, make_user
from tests.races.concurrency import at_once

REPORTS = "/api/v1/reports"


def report(client: APIClient, about: User, key: str = "key", **fields: Any) -> Any:
    body = {"user": str(about.pk), "reason": "spam"} | fields
    return client.post(REPORTS, body, HTTP_IDEMPOTENCY_KEY=key)


@pytest.fixture
def other(db: None) -> User:
    return make_user()


class TestKey:
    def test_repeats_the_answer(self, client: APIClient, other: User) -> None:
        first, second = report(client, other), report(client, other)

        assert (first.status_code, first.json()) == (second.status_code, second.json())
        assert second["Content-Type"] == first["Content-Type"]
        assert "Idempotent-Replay" not in first
        assert second["Idempotent-Replay"] == "true"
        assert Report.objects.count() == 1

    def test_repeats_an_empty_answer(self, user: User) -> None:
        # The session is gone afterwards: nobody is left to whom the answer could be repeated.
        client = client_of(user)

        assert client.post("/api/v1/auth/sign-out", HTTP_IDEMPOTENCY_KEY="key").status_code == 204

        assert not Session.objects.exists()
        assert IdempotentAnswer.objects.get().status == 204

    def test_acts_again_for_another_key(self, client: APIClient, other: User) -> None:
        first, second = report(client, other, key="one"), report(client, other, key="two")

        assert (first.status_code, second.status_code) == (201, 201)
        assert "Idempotent-Replay" not in second

    def test_belongs_to_one_person(self, client: APIClient, other: User) -> None:
        report(client, other)
        report(client_of(make_user()), other)

        assert Report.objects.count() == 2

    def test_refuses_another_request(self, client: APIClient, other: User) -> None:
        report(client, other)

        answer = report(client, other, text="Something else")

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
        assert Report.objects.count() == 1

    def test_takes_an_id_in_capitals_for_the_same(self, client: APIClient, user: User) -> None:
        pickup = make_pickup(resident=user)
        ids = (str(pickup.pk), str(pickup.pk).upper())

        answers = [client.post(f"/api/v1/pickups/{id_}/cancel", HTTP_IDEMPOTENCY_KEY="key") for id_ in ids]

        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[1]["Idempotent-Replay"] == "true"

    def test_refuses_another_address(self, client: APIClient, other: User) -> None:
        report(client, other)

        answer = client.post("/api/v1/realtime/tickets", HTTP_IDEMPOTENCY_KEY="key")

        assert answer.json()["code"] == "idempotency_key_reused"

    def test_is_free_again_after_a_refusal(self, client: APIClient, user: User, other: User) -> None:
        assert report(client, user).json()["code"] == "about_yourself"
        assert report(client, other, reason="boring").json()["code"] == "invalid"

        assert report(client, other).status_code == 201

    def test_compares_bodies_not_their_spelling(self, client: APIClient, other: User) -> None:
        bodies = [f'{{"user":"{other.pk}","reason":"spam"}}', f'{{ "reason": "spam", "user": "{other.pk}" }}']

        answers = [
            client.generic("POST", REPORTS, body, content_type="application/json", HTTP_IDEMPOTENCY_KEY="key")
            for body in bodies
        ]

        assert [answer.status_code for answer in answers] == [201, 201]
        assert Report.objects.count() == 1

    @pytest.mark.parametrize("body", ["[]", "[[1]]", "5", "null", '"x"', "{}"])
    def test_survives_any_shape(self, client: APIClient, body: str) -> None:
        for _ in range(2):
            answer = client.generic("POST", REPORTS, body, content_type="application/json", HTTP_IDEMPOTENCY_KEY="key")
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid")

    @pytest.mark.parametrize("key", ["", "x" * 201, "a\x00b", "a\tb", "\x7f"])
    def test_refuses_a_key_that_is_none(self, client: APIClient, other: User, key: str) -> None:
        answer = report(client, other, key=key)

        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")
        assert not Report.objects.exists()

    def test_is_forgotten_in_time(self, client: APIClient, other: User) -> None:
        report(client, other)

        assert delete_old_answers(now=timezone.now() + timedelta(hours=47)) == 0
        assert delete_old_answers(now=timezone.now() + timedelta(hours=49)) == 1


@pytest.mark.django_db(transaction=True)
class TestRace:
    def test_acts_once_for_the_same_key_at_once(self) -> None:
        user, other = make_user(), make_user()
        phones = [client_of(user) for _ in range(6)]

        answers = at_once([partial(report, phone, other) for phone in phones])

        assert [answer.status_code for answer in answers] == [201] * 6
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert Report.objects.count() == 1
