"""Demo sign-in with a phone number alone, while no Firebase project is configured."""

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import User
from tests.factories.people import make_user
from tests.races.concurrency import at_once

SIGN_IN = "/api/v1/auth/sign-in"


def sign_in(**fields: Any) -> Any:
    return APIClient().post(SIGN_IN, {"provider": "demo", "phone": "081-234-5678"} | fields)


@pytest.mark.django_db
class TestDemoSignIn:
    def test_makes_the_account_at_first_sight(self) -> None:
        answer = sign_in(name="Malee", locale="th")

        assert answer.status_code == 200
        assert set(answer.json()) == {"token", "expires_at", "session", "user", "created"}
        user = User.objects.get()
        assert (user.phone, user.display_name, user.locale) == ("+66812345678", "Malee", "th")

    @pytest.mark.parametrize("phone", ["+66812345678", "0812345678", "081 234 5678", " +66 (0)81 2345678 "])
    def test_knows_a_number_however_it_is_written(self, phone: str) -> None:
        user = make_user(phone="+66812345678")

        answer = sign_in(phone=phone)

        assert answer.json()["user"]["id"] == str(user.pk)
        assert answer.json()["created"] is False

    def test_changes_no_account_it_finds(self) -> None:
        make_user(phone="+66812345678", display_name="Malee", locale="th")

        user = sign_in(name="Mallory", locale="en").json()["user"]

        assert (user["display_name"], user["locale"]) == ("Malee", "th")

    @pytest.mark.parametrize(("locale", "name"), [("th", "เพื่อนบ้าน"), ("en", "Neighbour")])
    def test_calls_a_nameless_person_a_neighbour(self, locale: str, name: str) -> None:
        assert sign_in(locale=locale).json()["user"]["display_name"] == name

    @pytest.mark.parametrize("phone", ["0066 62 345 6789", "๐๖๒-๓๔๕-๖๗๘๙", "\u202a+66 62 345 6789\u202c"])
    def test_finds_the_account_however_the_number_is_typed(self, phone: str) -> None:
        assert sign_in(phone=phone).json()["user"]["phone"] == "+66623456789"

    @pytest.mark.parametrize("phone", ["12", "+999123456789", "not a number", "+66812345678901"])
    def test_refuses_what_no_phone_can_have(self, phone: str) -> None:
        answer = sign_in(phone=phone)

        assert (answer.status_code, answer.json()["code"]) == (400, "phone_invalid")
        assert answer.json()["errors"][0]["field"] == "phone"
        assert not User.objects.exists()

    @pytest.mark.parametrize(
        "fields",
        [
            {"phone": None},
            {"phone": ""},
            {"phone": "0" * 100_000},
            {"phone": "081\u00002345678"},
            {"name": "x" * 81},
            {"name": "a\u0000"},
            {"name": ["a"]},
            {"locale": "xx"},
            {"installation": "x" * 101},
            {"device_name": {"a": 1}},
            {"provider": None},
            {"provider": ["demo"]},
        ],
    )
    def test_refuses_a_bad_shape(self, fields: dict[str, Any]) -> None:
        answer = sign_in(**fields)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert answer.json()["errors"][0]["field"] == next(iter(fields))
        assert not User.objects.exists()

    @pytest.mark.parametrize("nothing", ["", None])
    def test_takes_what_a_phone_sends_for_nothing(self, nothing: object) -> None:
        answer = sign_in(name=nothing, locale=nothing, installation=nothing, device_name=nothing)

        assert answer.status_code == 200
        assert answer.json()["user"]["locale"] == "en"

    @pytest.mark.parametrize("locale", ["th-TH", "th_TH", "TH"])
    def test_takes_the_locale_of_the_phone(self, locale: str) -> None:
        assert sign_in(locale=locale).json()["user"]["locale"] == "th"

    @pytest.mark.parametrize("provider", ["facebook", "firebase"])
    def test_refuses_a_provider_that_is_not_there(self, provider: str) -> None:
        answer = APIClient().post(SIGN_IN, {"provider": provider, "token": "x"})

        assert (answer.status_code, answer.json()["code"]) == (400, "provider_unknown")

    def test_refuses_a_disabled_account(self) -> None:
        make_user(phone="+66812345678", is_active=False)

        answer = sign_in()

        assert (answer.status_code, answer.json()["code"]) == (403, "account_disabled")

    def test_ignores_a_worn_out_token(self) -> None:
        phone = APIClient(HTTP_AUTHORIZATION="Bearer worn-out")

        assert phone.post(SIGN_IN, {"provider": "demo", "phone": "0812345678"}).status_code == 200

    def test_answers_in_thai(self) -> None:
        answer = APIClient(HTTP_ACCEPT_LANGUAGE="th").post(SIGN_IN, {"provider": "demo", "phone": "12"})

        assert answer.json()["detail"] == "หมายเลขโทรศัพท์ไม่ถูกต้อง"
        assert answer["Content-Language"] == "th"

    def test_limits_tries(self, settings: Settings) -> None:
        answers = [sign_in() for _ in range(31)]

        assert [answer.status_code for answer in answers] == [200] * 30 + [429]
        assert answers[-1].json()["code"] == "rate_limited"
        assert 1 <= int(answers[-1]["Retry-After"]) <= 61

    def test_limits_tries_under_any_forged_address(self, settings: Settings) -> None:
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "sign_in": "2/minute"}

        phones = [APIClient(HTTP_X_FORWARDED_FOR=f"192.0.2.{number}") for number in range(3)]
        answers = [phone.post(SIGN_IN, {"provider": "demo", "phone": "0812345678"}) for phone in phones]

        assert [answer.status_code for answer in answers] == [200, 200, 429]


@pytest.mark.django_db(transaction=True)
class TestRace:
    def test_makes_one_account_for_eight_first_sign_ins(self) -> None:
        answers = at_once([sign_in] * 8)

        assert [answer.status_code for answer in answers] == [200] * 8
        assert sum(answer.json()["created"] for answer in answers) == 1
        assert User.objects.count() == 1
        assert User.objects.get().auth_token_set.count() == 8


class TestDeployCheck:
    def ids(self) -> set[str | None]:
        return {message.id for message in run_checks(include_deployment_checks=True)}

    def test_refuses_demo_sign_in(self) -> None:
        assert "accounts.E001" in self.ids()

    def test_is_content_with_a_project(self, settings: Settings) -> None:
        settings.FIREBASE_PROJECT_ID = "a-project"

        assert "accounts.E001" not in self.ids()
