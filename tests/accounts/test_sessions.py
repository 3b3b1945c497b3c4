"""One session per device, revocable at once."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from backend.accounts.models import Session, User
from backend.accounts.services.sessions import end_expired_sessions
from backend.core.redis.client import sync_redis
from backend.core.redis.nudges import channel_of
from tests.factories.people import client_of, make_session, make_user
from tests.waits import PATIENCE_S

END = b"end"
SESSIONS = "/api/v1/auth/sessions"


def with_token(token: str) -> APIClient:
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")


@contextmanager
def listening(user: User) -> Iterator[list[Any]]:
    """A subscription to the nudges of `user`, to be read afterwards."""
    heard: list[Any] = []
    redis: Any = sync_redis()
    with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe(channel_of(user.pk))
        pubsub.get_message(timeout=PATIENCE_S)
        yield heard
        redis.publish(channel_of(user.pk), END)
        while (message := pubsub.get_message(timeout=PATIENCE_S)["data"]) != END:
            heard.append(msgspec.json.decode(message))


class TestToken:
    @pytest.mark.parametrize(
        "header",
        ["", "Bearer", "Bearer ", "Bearer a b", "Bearer x", "Basic dTpw", "Bearer " + "x" * 64, "Bearer ÿ", "ÿ"],
    )
    def test_refuses_what_is_none(self, anonymous: APIClient, header: str) -> None:
        answer = anonymous.get("/api/v1/me", HTTP_AUTHORIZATION=header)

        assert answer.status_code == 401
        assert answer.json()["code"] in {"token_missing", "token_invalid"}
        assert answer["WWW-Authenticate"] == "Bearer"

    def test_refuses_an_expired_one(self, user: User) -> None:
        _, token = make_session(user, now=timezone.now() - timedelta(days=91))

        assert with_token(token).get("/api/v1/me").json()["code"] == "token_invalid"

    def test_refuses_one_of_a_disabled_account(self, client: APIClient, user: User) -> None:
        User.objects.filter(pk=user.pk).update(is_active=False)

        assert client.get("/api/v1/me").status_code == 401

    def test_is_kept_as_a_digest_only(self, user: User) -> None:
        session, token = make_session(user)

        assert token not in {session.digest, session.token_key}

    def test_costs_one_query(self, client: APIClient, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(1):
            client.get("/api/v1/me")


@pytest.mark.django_db
class TestSignIn:
    def sign_in(self, **fields: str) -> Any:
        body = {"provider": "demo", "phone": "0812345678"} | fields
        return APIClient().post("/api/v1/auth/sign-in", body).json()

    def test_replaces_the_session_of_the_same_device(self) -> None:
        old = self.sign_in(installation="pixel")["token"]

        new = self.sign_in(installation="pixel")["token"]

        assert with_token(old).get("/api/v1/me").status_code == 401
        assert with_token(new).get("/api/v1/me").status_code == 200
        assert Session.objects.count() == 1

    def test_leaves_other_devices_alone(self) -> None:
        phone = self.sign_in(installation="pixel")["token"]

        self.sign_in(installation="tablet")
        self.sign_in()

        assert with_token(phone).get("/api/v1/me").status_code == 200
        assert Session.objects.count() == 3


class TestSignOut:
    def test_ends_the_session_that_asks(self, client: APIClient, user: User) -> None:
        other = client_of(user)

        assert client.post("/api/v1/auth/sign-out").status_code == 204

        assert client.get("/api/v1/me").status_code == 401
        assert other.get("/api/v1/me").status_code == 200

    def test_closes_the_socket(
        self, user: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        session, token = make_session(user)

        with listening(user) as heard, django_capture_on_commit_callbacks(execute=True):
            with_token(token).post("/api/v1/auth/sign-out")

        assert heard == [{"type": "signed_out", "session": str(session.public_id)}]

    def test_needs_a_token(self, anonymous: APIClient) -> None:
        assert anonymous.post("/api/v1/auth/sign-out").json()["code"] == "token_missing"


class TestSessions:
    def test_lists_the_devices(self, client: APIClient, user: User) -> None:
        make_session(user, device_name="Tablet")
        make_session(make_user())

        page = client.get(SESSIONS).json()

        assert [row["device_name"] for row in page["results"]] == ["Tablet", "A phone"]
        assert [row["current"] for row in page["results"]] == [False, True]
        assert page["next"] is None

    def test_pages(self, client: APIClient, user: User) -> None:
        for _ in range(4):
            make_session(user)

        first = client.get(SESSIONS, {"limit": 3}).json()
        second = client.get(first["next"]).json()

        ids = [row["id"] for row in first["results"] + second["results"]]
        assert len(set(ids)) == 5
        assert second["next"] is None

    @pytest.mark.parametrize("cursor", ["x", "cD1nYXJiYWdl", "cD0lMDA=", "cj0xJnA9MQ==", "ü", "%00"])
    def test_refuses_a_cursor_of_nobody(self, client: APIClient, cursor: str) -> None:
        answer = client.get(SESSIONS, {"cursor": cursor})

        assert answer.status_code == 400, answer.content
        assert answer.json()["code"] == "cursor_invalid"

    def test_ends_one(self, client: APIClient, user: User) -> None:
        session, token = make_session(user)

        assert client.delete(f"{SESSIONS}/{session.public_id}").status_code == 204

        assert with_token(token).get("/api/v1/me").status_code == 401
        assert client.get("/api/v1/me").status_code == 200

    def test_ends_all_others(self, client: APIClient, user: User) -> None:
        _, token = make_session(user)
        _, of_a_stranger = make_session(make_user())

        assert client.delete(SESSIONS).status_code == 204

        assert with_token(token).get("/api/v1/me").status_code == 401
        assert with_token(of_a_stranger).get("/api/v1/me").status_code == 200
        assert client.get("/api/v1/me").status_code == 200

    def test_hides_those_of_strangers(self, client: APIClient) -> None:
        session, token = make_session(make_user())

        assert client.delete(f"{SESSIONS}/{session.public_id}").status_code == 404

        assert with_token(token).get("/api/v1/me").status_code == 200

    @pytest.mark.parametrize("session_id", [uuid.UUID(int=1), "x", "%00"])
    def test_knows_no_other(self, client: APIClient, session_id: object) -> None:
        answer = client.delete(f"{SESSIONS}/{session_id}")

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.django_db
class TestEndOfTime:
    def test_removes_what_has_expired_and_nothing_else(self, client: APIClient, user: User) -> None:
        make_session(user, now=timezone.now() - timedelta(days=91))

        assert end_expired_sessions(now=timezone.now()) == 1

        assert client.get("/api/v1/me").status_code == 200
