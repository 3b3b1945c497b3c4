"""Signing in with an ID token of LINE, whose keys come from an issuer on loopback."""

import base64
import json
import logging
from typing import Any

import jwt
import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import Session, UsedTicket, User
from backend.accounts.services.tickets import forget_used_tickets
from backend.core.clock import read_clock
from tests.factories.people import make_user
from tests.firebase_endpoint import private_key
from tests.line_issuer import CHANNEL_SECRET, LineIssuer, new_key, public_pem

pytestmark = pytest.mark.django_db


def sign_in(token: object, **fields: Any) -> Any:
    return APIClient().post("/api/v1/auth/sign-in", {"provider": "line", "token": token} | fields)


class TestFirstSight:
    @pytest.mark.parametrize("kind", ["id_token", "web_token"])
    def test_makes_the_account(self, line: LineIssuer, kind: str) -> None:
        token = getattr(line, kind)("U4af4980629", name="Malee\u0000 Jaidee", picture="https://example.org/a.jpg")

        answer = sign_in(token, locale="th")

        assert (answer.status_code, answer.json()["created"]) == (200, True)
        user = User.objects.get()
        assert (user.line_id, user.phone, user.firebase_uid) == ("U4af4980629", None, None)
        assert (user.display_name, user.locale, user.has_usable_password()) == ("Malee Jaidee", "th", False)

    def test_hands_out_a_session_that_works(self, line: LineIssuer) -> None:
        token = sign_in(line.id_token()).json()["token"]

        me = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}").get("/api/v1/me")

        assert (me.status_code, me.json()["phone"]) == (200, None)

    def test_finds_the_account_again(self, line: LineIssuer) -> None:
        first = sign_in(line.id_token("U1"), name="Malee").json()

        second = sign_in(line.web_token("U1"), name="Another").json()
        other = sign_in(line.id_token("U2")).json()

        assert (second["created"], second["user"]) == (False, first["user"])
        assert other["user"]["id"] != first["user"]["id"]

    def test_is_offered_beside_the_other_one(self, line: LineIssuer) -> None:
        assert APIClient().get("/api/v1/config").json()["sign_in"]["providers"] == ["demo", "line"]


class TestKeys:
    def test_are_asked_for_once(self, line: LineIssuer) -> None:
        for number in range(3):
            sign_in(line.id_token(f"U{number}"))

        assert line.asked == ["/.well-known/openid-configuration", "/certs"]

    def test_of_unknown_tokens_are_not_asked_for_again(self, line: LineIssuer) -> None:
        sign_in(line.id_token())
        line.keys["key-2"] = new_key()

        answers = [sign_in(line.id_token(key_id="key-2")) for _ in range(3)]

        assert [answer.json()["code"] for answer in answers] == ["identity_invalid"] * 3
        assert line.asked.count("/certs") == 1

    @pytest.mark.parametrize(
        ("status", "answer"),
        [(500, b"{}"), (302, b""), (200, b"<html>"), (200, b"[]"), (200, b'{"keys": []}'), (200, b"\xff"), (404, b"")],
    )
    def test_that_do_not_come_are_an_outage(self, line: LineIssuer, status: int, answer: bytes) -> None:
        line.status, line.answer = status, answer

        for _ in range(3):
            refused = sign_in(line.id_token())
            assert (refused.status_code, refused.json()["code"]) == (503, "identity_unavailable")
            assert refused["Retry-After"] == "5"

        assert len(line.asked) <= 2, "after a failure there is a pause"

    def test_of_an_issuer_that_is_away_are_an_outage(self, line: LineIssuer, settings: Settings) -> None:
        settings.LINE_LOGIN_ISSUER = "http://127.0.0.1:1"

        assert sign_in(line.id_token()).json()["code"] == "identity_unavailable"

    def test_are_not_needed_for_the_channels_own_secret(self, line: LineIssuer) -> None:
        line.status = 500

        assert sign_in(line.web_token()).status_code == 200

    def test_of_another_issuer_are_not_taken(self, line: LineIssuer, settings: Settings) -> None:
        settings.LINE_LOGIN_ISSUER = line.url.replace("127.0.0.1", "localhost")

        assert sign_in(line.id_token()).json()["code"] == "identity_unavailable"


class TestNonce:
    @pytest.mark.parametrize("kind", ["id_token", "web_token"])
    def test_admits_a_token_once(self, line: LineIssuer, kind: str) -> None:
        token = getattr(line, kind)(nonce="n-1")

        first, second = sign_in(token, nonce="n-1"), sign_in(token, nonce="n-1")

        assert first.status_code == 200
        assert (second.status_code, second.json()["code"]) == (401, "identity_used")
        assert forget_used_tickets(now=read_clock()) == 0

    @pytest.mark.parametrize(("claimed", "given"), [("n-1", "n-2"), ("n-1", ""), (None, "n-1"), (5, "5"), ([], "")])
    def test_must_be_the_same(self, line: LineIssuer, claimed: object, given: str) -> None:
        answer = sign_in(line.id_token(nonce=claimed), nonce=given)

        assert (answer.status_code, answer.json()["code"]) == (401, "identity_invalid")

    def test_is_not_used_up_by_a_refusal(self, line: LineIssuer) -> None:
        user = make_user(line_id="U1", is_active=False)
        token = line.id_token(nonce="n-1")

        assert sign_in(token, nonce="n-1").json()["code"] == "account_disabled"

        User.objects.filter(pk=user.pk).update(is_active=True)
        assert sign_in(token, nonce="n-1").status_code == 200

    def test_liff_shows_the_same_token_until_it_expires(self, line: LineIssuer) -> None:
        token = line.id_token()

        assert [sign_in(token).status_code for _ in range(2)] == [200, 200]
        assert not UsedTicket.objects.exists()


class TestRefusal:
    @pytest.fixture(autouse=True)
    def leaves_nothing_behind(self, caplog: pytest.LogCaptureFixture) -> Any:
        yield
        assert not User.objects.filter(is_active=True).exists()
        assert not Session.objects.exists()
        assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []

    def refused(self, answer: Any, status: int, code: str) -> None:
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer["Content-Type"] == "application/problem+json"

    @pytest.mark.parametrize("kind", ["id_token", "web_token"])
    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "another channel"},
            {"aud": ["1234567890", "another channel"]},
            {"aud": None},
            {"iss": "https://access.line.me.evil.example"},
            {"iss": None},
            {"exp": None},
            {"exp": "tomorrow"},
            {"iat": None},
            {"age_s": -60},
            {"sub": None},
            {"sub": ""},
            {"sub": 5},
            {"sub": "U" * 65},
            {"sub": "U1\u0000"},
        ],
        ids=str,
    )
    def test_refuses_claims_that_are_not_ours(self, line: LineIssuer, kind: str, claims: dict[str, Any]) -> None:
        self.refused(sign_in(getattr(line, kind)(**claims)), 401, "identity_invalid")

    @pytest.mark.parametrize("kind", ["id_token", "web_token"])
    def test_refuses_an_expired_token(self, line: LineIssuer, kind: str) -> None:
        self.refused(sign_in(getattr(line, kind)(age_s=3700)), 401, "identity_expired")

    def test_refuses_the_public_key_as_a_secret(self, line: LineIssuer) -> None:
        """PyJWT itself refuses to sign like this."""
        header, payload = line.web_token().split(".")[:2]
        key = public_pem(line.keys["key-1"])
        digest = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
            f"{header}.{payload}".encode(), key
        )

        token = f"{header}.{payload}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

        self.refused(sign_in(token), 401, "identity_invalid")

    def test_refuses_the_wrong_keys(self, line: LineIssuer) -> None:
        forged = jwt.encode(line.claims("U1"), new_key(), "ES256", headers={"kid": "key-1"})
        unsigned = jwt.encode(line.claims("U1"), "", "none")
        by_rsa = jwt.encode(line.claims("U1"), private_key(), "RS256", headers={"kid": "key-1"})
        longer = jwt.encode(line.claims("U1"), CHANNEL_SECRET * 2, "HS512")
        unnamed = jwt.encode(line.claims("U1"), line.keys["key-1"], "ES256")

        for token in (line.web_token(secret="x" * 32), forged, unsigned, by_rsa, longer, unnamed):
            self.refused(sign_in(token), 401, "identity_invalid")

    def test_refuses_a_changed_token(self, line: LineIssuer) -> None:
        for mine, others in ((line.id_token("U1"), line.id_token("U2")), (line.web_token("U1"), line.web_token("U2"))):
            header, _, signature = mine.split(".")

            self.refused(sign_in(f"{header}.{others.split('.')[1]}.{signature}"), 401, "identity_invalid")

    @pytest.mark.parametrize("token", ["x", "a.b.c", "ä.ö.ü", "..", json.dumps({}), "e30.e30.e30"])
    def test_refuses_what_is_no_token(self, line: LineIssuer, token: str) -> None:
        self.refused(sign_in(token), 401, "identity_invalid")

    @pytest.mark.parametrize(
        "fields", [{}, {"token": ""}, {"token": 5}, {"token": "x" * 8001}, {"token": "x", "nonce": 1}]
    )
    def test_refuses_what_is_no_text(self, line: LineIssuer, fields: dict[str, Any]) -> None:
        answer = APIClient().post("/api/v1/auth/sign-in", {"provider": "line"} | fields)

        assert answer.status_code in {400, 401}

    def test_refuses_an_account_disabled_here(self, line: LineIssuer) -> None:
        make_user(line_id="U1", is_active=False)

        self.refused(sign_in(line.id_token("U1")), 403, "account_disabled")

    def test_does_not_exist_without_a_channel(self, db: None) -> None:
        self.refused(sign_in("x"), 400, "provider_unknown")
