"""`/erase`: a person without the app erases their account, and nobody learns from it who has one."""

import re
import time
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from backend.accounts.models import User
from geo.models import Pickup
from tests.factories.geo import make_pickup
from tests.factories.people import client_of, make_user
from tests.firebase_endpoint import FirebaseEndpoint, id_token
from tests.line_issuer import LineIssuer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("erasure_at_once")]

PHONE = "+66812345678"


def prove(**proof: str) -> Any:
    return Client(HTTP_ACCEPT_LANGUAGE="en").post("/erase", proof)


def confirm(page: Any) -> Any:
    """Press the button of the page."""
    found = re.search(r'name="confirmation" value="([^"]+)"', page.content.decode())
    assert found, page.content.decode()
    return Client().post("/erase/confirm", {"confirmation": found[1]})


def without_token(page: Any) -> str:
    return re.sub(r'value="[^"]+"', "", page.content.decode())


class TestStory:
    def test_proof_and_confirmation_erase_the_account(self) -> None:
        user = make_user(phone=PHONE)
        pickup, signed_in = make_pickup(resident=user), client_of(user)

        asked = prove(provider="demo", phone="081 234 5678")
        user.refresh_from_db()
        assert (asked.status_code, user.erased_at) == (200, None)
        done = confirm(asked)

        user.refresh_from_db()
        pickup.refresh_from_db()
        assert done.status_code == 200
        assert (user.erased_at is not None, user.phone, pickup.status) == (True, None, Pickup.Status.CANCELLED)
        assert signed_in.get("/api/v1/me").status_code == 401

    def test_looks_the_same_without_an_account(self) -> None:
        make_user(phone=PHONE)

        with_account, without = prove(provider="demo", phone=PHONE), prove(provider="demo", phone="+66899999999")

        assert without_token(with_account) == without_token(without)
        assert confirm(with_account).content == confirm(without).content
        assert User.objects.filter(erased_at=None).count() == 0

    @pytest.mark.parametrize("kind", ["id_token", "web_token"])
    def test_by_line(self, line: LineIssuer, kind: str) -> None:
        user, other = make_user(line_id="U1"), make_user(line_id="U2")

        confirm(prove(provider="line", token=getattr(line, kind)("U1")))

        user.refresh_from_db()
        other.refresh_from_db()
        assert (user.erased_at is not None, other.erased_at) == (True, None)

    def test_by_firebase_without_touching_another_holder_of_the_number(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")
        firebase.add_user("uid-2")
        holder = make_user(phone=PHONE, firebase_uid="uid-2")

        confirm(prove(provider="firebase", token=id_token("uid-1", phone_number=PHONE)))
        holder.refresh_from_db()
        assert holder.erased_at is None

        confirm(prove(provider="firebase", token=id_token("uid-2")))
        holder.refresh_from_db()
        assert holder.erased_at is not None

    def test_a_suspended_account_stays(self) -> None:
        user = make_user(phone=PHONE, is_active=False)

        done = confirm(prove(provider="demo", phone=PHONE))

        user.refresh_from_db()
        assert (done.status_code, user.phone, user.erased_at) == (200, PHONE, None)


class TestRefusal:
    @pytest.mark.parametrize(
        ("proof", "status", "text"),
        [
            ({"provider": "demo", "phone": "12"}, 400, "not a valid phone number"),
            ({"provider": "demo"}, 400, "This field is required."),
            ({"provider": "firebase", "token": "x"}, 400, "does not exist here"),
            ({"provider": "line", "token": "<script>"}, 401, "could not verify who you are"),
            ({}, 400, "This field is required."),
        ],
    )
    def test_of_a_proof_is_shown_on_the_page(
        self, line: LineIssuer, proof: dict[str, str], status: int, text: str
    ) -> None:
        page = prove(**proof)

        assert (page.status_code, page["Content-Type"]) == (status, "text/html; charset=utf-8")
        assert text in page.content.decode()
        assert "<script>" not in page.content.decode()

    @pytest.mark.parametrize("confirmation", ["", "x", "WyIrNjY4MTIzNDU2NzgiXQ:1x:abc", "\u0000"])
    def test_of_a_forged_confirmation(self, confirmation: str) -> None:
        make_user(phone=PHONE)

        page = Client().post("/erase/confirm", {"confirmation": confirmation})

        assert (page.status_code, User.objects.filter(erased_at=None).count()) == (400, 1)
        assert "Nothing has been erased" in page.content.decode()

    def test_of_a_confirmation_that_is_too_old(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make_user(phone=PHONE)
        asked = prove(provider="demo", phone=PHONE)
        late = time.time() + 601
        monkeypatch.setattr("django.core.signing.time.time", lambda: late)

        assert confirm(asked).status_code == 400
        assert User.objects.get().erased_at is None

    def test_after_too_many_tries(self) -> None:
        pages = [prove(provider="demo", phone=PHONE) for _ in range(31)]

        assert [page.status_code for page in pages] == [200] * 30 + [429]
        assert "Retry-After" in pages[-1]
        assert pages[-1]["Content-Type"] == "text/html; charset=utf-8"
        assert Client().get("/erase").status_code == 200


class TestPage:
    def test_offers_the_ways_to_sign_in_that_exist(self, line: LineIssuer) -> None:
        page = Client().get("/erase").content.decode()

        assert 'name="phone"' in page
        assert 'href="/welcome?next=/me/privacy"' in page

    def test_without_demo_asks_for_no_number(self, settings: Settings) -> None:
        settings.FIREBASE_PROJECT_ID = "city"

        page = Client().get("/erase").content.decode()

        assert 'name="phone"' not in page
        assert 'href="/welcome?next=/me/privacy"' in page

    def test_says_where_to_write_when_that_does_not_work(self, settings: Settings) -> None:
        settings.OPERATOR_CONTACT = "privacy@city.example"

        main = Client().get("/erase").content.decode().partition("<main>")[2].partition("</main>")[0]

        assert "mailto:privacy@city.example" in main

    def test_is_neither_kept_nor_framed(self) -> None:
        page = prove(provider="demo", phone=PHONE)

        assert page["Cache-Control"] == "no-store"
        assert "form-action 'self'" in page["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in page["Content-Security-Policy"]

    def test_stays_in_the_language_of_the_page(self) -> None:
        page = Client(HTTP_ACCEPT_LANGUAGE="en").post("/erase?lang=th", {"provider": "demo", "phone": PHONE})

        assert '<html lang="th">' in page.content.decode()
        assert 'action="/erase/confirm?lang=th"' in page.content.decode()
