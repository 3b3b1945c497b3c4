"""Signing in with a Firebase ID token, through the real Admin SDK."""

import base64
import json
import logging
import time
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import Session, User
from backend.core import firebase as core_firebase
from tests.factories.geo import make_pickup
from tests.factories.people import client_of, make_user
from tests.firebase_endpoint import FirebaseEndpoint, id_token

PHONE = "+66812345678"


def sign_in(token: object, **fields: Any) -> Any:
    body = {"provider": "firebase", "token": token} | fields
    return APIClient().post("/api/v1/auth/sign-in", body)


def unsigned(header: object, payload: object) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, payload)]
    return ".".join([*parts, "c2lnbmF0dXJl"])


@pytest.mark.django_db
class TestFirstSight:
    def test_makes_the_account(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")

        answer = sign_in(id_token(phone_number=PHONE), name="Malee  Jai-dee", locale="th")

        assert answer.status_code == 200
        assert answer.json()["created"] is True
        user = User.objects.get()
        assert (user.phone, user.firebase_uid, user.display_name) == (PHONE, "uid-1", "Malee Jai-dee")
        assert not user.has_usable_password()

    def test_hands_out_a_session_that_works(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")

        token = sign_in(id_token(phone_number=PHONE)).json()["token"]
        me = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}").get("/api/v1/me")

        assert me.json()["phone"] == PHONE

    def test_needs_no_phone(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")

        answer = sign_in(id_token(name="Anan"))

        assert answer.json()["user"]["phone"] is None
        assert answer.json()["user"]["display_name"] == "Anan"

    @pytest.mark.parametrize("name", ["An\u0000an", "An\ud800an"])
    def test_takes_a_name_that_no_database_keeps(self, firebase: FirebaseEndpoint, name: str) -> None:
        firebase.add_user("uid-1")

        assert sign_in(id_token(name=name)).json()["user"]["display_name"] == "Anan"

    def test_finds_the_account_again(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")
        first = sign_in(id_token(phone_number=PHONE))

        second = sign_in(id_token(phone_number=PHONE), name="Another")

        assert second.json()["created"] is False
        assert second.json()["user"] == first.json()["user"]

    def test_asks_about_revocation_once(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")

        token = sign_in(id_token(phone_number=PHONE)).json()["token"]
        APIClient(HTTP_AUTHORIZATION=f"Bearer {token}").get("/api/v1/me")

        assert firebase.lookups == 1

    def test_gives_everything_a_time_limit(self, firebase: FirebaseEndpoint) -> None:
        assert core_firebase.firebase_app().options.get("httpTimeout") == 8


@pytest.mark.django_db
class TestPhoneCollision:
    def test_adopts_the_account_that_only_the_number_made(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")
        user = make_user(phone=PHONE)

        answer = sign_in(id_token(phone_number=PHONE))

        assert (answer.json()["created"], answer.json()["user"]["id"]) == (False, str(user.pk))
        user.refresh_from_db()
        assert user.firebase_uid == "uid-1"

    def test_puts_out_who_came_in_by_only_saying_the_number(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")
        impostor = client_of(make_user(phone=PHONE))

        owner = sign_in(id_token(phone_number=PHONE)).json()["token"]

        assert impostor.get("/api/v1/me").status_code == 401
        assert APIClient(HTTP_AUTHORIZATION=f"Bearer {owner}").get("/api/v1/me").status_code == 200

    def test_gives_a_recycled_number_to_who_proves_it(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")
        before = make_user(phone=PHONE, firebase_uid="uid-before")

        answer = sign_in(id_token(phone_number=PHONE))

        assert answer.json()["created"] is True
        before.refresh_from_db()
        assert (before.phone, before.firebase_uid) == (None, "uid-before")

    def test_follows_a_change_of_the_number(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")
        user = make_user(phone="+66899999999", firebase_uid="uid-1")
        other = make_user(phone=PHONE, firebase_uid="uid-2")

        answer = sign_in(id_token(phone_number=PHONE))

        assert (answer.status_code, answer.json()["user"]["id"]) == (200, str(user.pk))
        user.refresh_from_db()
        other.refresh_from_db()
        assert (user.phone, other.phone) == (PHONE, None)

    def test_keeps_the_number_of_a_token_without_one(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")
        user = make_user(phone=PHONE, firebase_uid="uid-1")

        sign_in(id_token())

        user.refresh_from_db()
        assert user.phone == PHONE


@pytest.mark.django_db
class TestTwoAccounts:
    """A number that is proved while another account has it: the two are brought together, or nothing is lost."""

    @pytest.mark.parametrize("uid_before", [None, "uid-deleted"])
    def test_an_email_user_who_proves_the_number_gets_the_older_account(
        self, firebase: FirebaseEndpoint, uid_before: str | None
    ) -> None:
        firebase.add_user("uid-1")
        older = make_user(phone=PHONE, firebase_uid=uid_before)
        pickup = make_pickup(resident=older)
        newer = sign_in(id_token(email="malee@example.org")).json()["user"]["id"]

        answer = sign_in(id_token(email="malee@example.org", phone_number=PHONE)).json()

        assert (answer["user"]["id"], answer["user"]["phone"]) == (str(older.pk), PHONE)
        assert "notice" not in answer
        mine = APIClient(HTTP_AUTHORIZATION=f"Bearer {answer['token']}").get("/api/v1/pickups").json()
        assert [row["id"] for row in mine["results"]] == [str(pickup.pk)]
        assert User.objects.get(pk=newer).erased_at is not None

    def test_the_number_goes_to_the_account_that_is_used(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")
        make_user(phone=PHONE)
        used = make_user(phone=None, firebase_uid="uid-1")
        make_pickup(resident=used)

        answer = sign_in(id_token(phone_number=PHONE)).json()

        assert (answer["user"]["id"], answer["user"]["phone"]) == (str(used.pk), PHONE)
        assert "notice" not in answer

    @pytest.mark.parametrize("uid_before", [None, "uid-alive"])
    def test_two_used_accounts_stay_and_the_user_reads_what_to_do(
        self, firebase: FirebaseEndpoint, uid_before: str | None
    ) -> None:
        firebase.add_user("uid-1")
        firebase.add_user("uid-alive")
        older, newer = make_user(phone=PHONE, firebase_uid=uid_before), make_user(phone=None, firebase_uid="uid-1")
        make_pickup(resident=older)
        make_pickup(resident=newer)

        answer = sign_in(id_token(phone_number=PHONE)).json()

        assert (answer["user"]["id"], answer["notice"]["code"]) == (str(newer.pk), "number_has_account")
        assert "another account" in answer["notice"]["detail"]
        older.refresh_from_db()
        assert older.phone == PHONE

    @pytest.mark.usefixtures("erasure_at_once")
    def test_erasing_the_newer_one_leads_to_the_older_one(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")
        older, newer = make_user(phone=PHONE), make_user(phone=None, firebase_uid="uid-1")
        make_pickup(resident=older)
        make_pickup(resident=newer)

        client_of(newer).delete("/api/v1/me")

        assert sign_in(id_token(phone_number=PHONE)).json()["user"]["id"] == str(older.pk)

    def test_a_suspended_account_is_not_got_round(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")
        make_user(phone=PHONE, is_active=False)

        assert sign_in(id_token(phone_number=PHONE)).json()["code"] == "account_disabled"


@pytest.mark.django_db
class TestAnonymous:
    CLAIMS = {"sign_in_provider": "anonymous", "identities": {}}

    def test_gets_no_account_by_setting(self, firebase: FirebaseEndpoint, settings: Settings) -> None:
        settings.FIREBASE_ANONYMOUS = False
        firebase.add_user("uid-1")

        answer = sign_in(id_token(firebase=self.CLAIMS))

        assert (answer.status_code, answer.json()["code"]) == (401, "identity_anonymous")
        assert not User.objects.exists()

    def test_gets_one_where_it_is_allowed(self, firebase: FirebaseEndpoint, settings: Settings) -> None:
        settings.FIREBASE_ANONYMOUS = True
        firebase.add_user("uid-1")

        assert sign_in(id_token(firebase=self.CLAIMS)).status_code == 200

    def test_gets_one_after_proving_a_number(self, firebase: FirebaseEndpoint, settings: Settings) -> None:
        settings.FIREBASE_ANONYMOUS = False
        firebase.add_user("uid-1")
        claims = {"sign_in_provider": "anonymous", "identities": {"phone": [PHONE]}}

        assert sign_in(id_token(firebase=claims, phone_number=PHONE)).status_code == 200


@pytest.mark.django_db
class TestRefusal:
    @pytest.fixture(autouse=True)
    def leaves_nothing_behind(self, caplog: pytest.LogCaptureFixture) -> Any:
        yield
        assert not User.objects.filter(firebase_uid="uid-1", is_active=True).exists()
        assert not Session.objects.exists()
        assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []

    def refused(self, answer: Any, status: int, code: str) -> None:
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer["Content-Type"] == "application/problem+json"

    def test_refuses_an_expired_token(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")

        self.refused(sign_in(id_token(age_s=3700)), 401, "identity_expired")

    def test_refuses_a_token_of_tomorrow(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")

        self.refused(sign_in(id_token(age_s=-60)), 401, "identity_invalid")

    def test_refuses_a_token_of_another_project(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")

        self.refused(sign_in(id_token(project="another")), 401, "identity_invalid")

    def test_refuses_a_key_that_is_not_googles(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")

        self.refused(sign_in(id_token(key_id="unknown")), 401, "identity_invalid")

    def test_refuses_a_changed_token(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-2")
        header, _, signature = id_token("uid-1").split(".")

        payload = id_token("uid-2").split(".")[1]

        self.refused(sign_in(f"{header}.{payload}.{signature}"), 401, "identity_invalid")

    def test_refuses_a_revoked_token(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1", validSince=str(int(time.time()) + 1))

        self.refused(sign_in(id_token()), 401, "identity_revoked")

    def test_refuses_a_disabled_user(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1", disabled=True)

        self.refused(sign_in(id_token()), 403, "account_disabled")

    def test_refuses_a_user_who_is_gone(self, firebase: FirebaseEndpoint) -> None:
        self.refused(sign_in(id_token()), 401, "identity_invalid")

    def test_refuses_an_account_disabled_here(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")
        make_user(firebase_uid="uid-1", is_active=False)

        self.refused(sign_in(id_token()), 403, "account_disabled")

    @pytest.mark.parametrize("token", ["", None, [], {}, "x" * 9000, "a\u0000b"])
    def test_refuses_what_is_no_text(self, firebase: FirebaseEndpoint, token: object) -> None:
        self.refused(sign_in(token), 400, "invalid")

    @pytest.mark.parametrize(
        "token",
        [
            "x",
            "a.b.c",
            "ä.ö.ü",
            unsigned({"alg": "none"}, {"sub": "uid-1"}),
            unsigned({"alg": "HS256", "kid": "1"}, {"sub": "uid-1"}),
            unsigned([], []),
            unsigned({"alg": "RS256", "kid": "1"}, ["uid-1"]),
            unsigned(
                {"alg": "RS256", "kid": [1]},
                {"iss": "https://securetoken.google.com/tft-test", "aud": "tft-test", "sub": "uid-1"},
            ),
        ],
    )
    def test_refuses_what_is_no_token(self, firebase: FirebaseEndpoint, token: str) -> None:
        firebase.add_user("uid-1")

        self.refused(sign_in(token), 401, "identity_invalid")

    @pytest.mark.parametrize("part", ["certs", "token", "accounts:lookup"])
    def test_says_so_when_google_is_away(self, firebase: FirebaseEndpoint, part: str) -> None:
        firebase.add_user("uid-1")
        firebase.down.add(part)

        answer = sign_in(id_token())

        self.refused(answer, 503, "identity_unavailable")
        assert answer["Retry-After"] == "5"

    def test_knows_no_demo_sign_in(self, firebase: FirebaseEndpoint) -> None:
        answer = APIClient().post("/api/v1/auth/sign-in", {"provider": "demo", "phone": PHONE})

        self.refused(answer, 400, "provider_unknown")
