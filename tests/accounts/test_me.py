"""A person's own account."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import Block, Session, User
from backend.core.models import IdempotentAnswer
from tests.factories.people import client_of, make_session, make_user

ME = "/api/v1/me"


class TestMe:
    def test_shows_the_account(self, client: APIClient, user: User) -> None:
        me = client.get(ME).json()

        assert me["id"] == str(user.pk)
        assert me["created_at"].endswith("Z")
        assert set(me) == {
            "id", "phone", "display_name", "first_name", "locale", "avatar_colour", "created_at", "rating",
            "rating_count", "warned_at", "paused_until", "suspended_at", "suspended_until",
        }  # fmt: skip

    def test_changes_what_is_given(self, client: APIClient, user: User) -> None:
        answer = client.patch(ME, {"display_name": "  มาลี   ใจดี ", "locale": "th"})

        assert answer.status_code == 200
        assert (answer.json()["display_name"], answer.json()["first_name"]) == ("มาลี ใจดี", "มาลี")
        assert answer.json()["avatar_colour"] == user.avatar_colour

    def test_lets_people_choose_the_name_that_strangers_see(self, client: APIClient) -> None:
        client.patch(ME, {"display_name": "คุณ สมหญิง ใจดี"})
        chosen = client.patch(ME, {"first_name": " หนิง "}).json()["first_name"]
        kept = client.patch(ME, {"display_name": "สมหญิง ดีใจ"}).json()["first_name"]
        taken_back = client.patch(ME, {"first_name": ""}).json()["first_name"]

        assert (chosen, kept, taken_back) == ("หนิง", "หนิง", "สมหญิง")

    @pytest.mark.parametrize("name", ["\u200b", "🌸", "...", "x" * 81, None])
    def test_refuses_a_name_that_cannot_be_said(self, client: APIClient, name: object) -> None:
        answer = client.patch(ME, {"first_name": name})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "first_name")

    def test_changes_nothing_for_nothing(self, client: APIClient) -> None:
        before = client.get(ME).json()

        assert client.patch(ME, {}).json() == before

    def test_leaves_read_only_fields_alone(self, client: APIClient, user: User) -> None:
        client.patch(ME, {"phone": "+66899999999", "is_staff": True, "id": "x"})

        after = User.objects.get(pk=user.pk)
        assert (after.phone, after.is_staff) == (user.phone, False)

    @pytest.mark.parametrize(
        "body",
        [
            {"display_name": ""},
            {"display_name": "   "},
            {"display_name": "\u200b"},
            {"display_name": "\u3164"},
            {"display_name": "\u2800 \u00a0"},
            {"display_name": "x" * 100_000},
            {"display_name": "a\u0000b"},
            {"display_name": None},
            {"display_name": ["x"]},
            {"locale": "xx"},
            {"locale": None},
            {"avatar_colour": "red; background: url(x)"},
        ],
    )
    def test_refuses_a_bad_shape(self, client: APIClient, body: dict[str, Any]) -> None:
        before = client.get(ME).json()

        answer = client.patch(ME, body)

        assert answer.status_code == 400
        assert answer.json()["code"] in {"invalid", "body_unreadable"}
        assert client.get(ME).json() == before


class TestLanguage:
    def refusal(self, user: User, **headers: Any) -> str:
        _, token = make_session(user)
        phone = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}", **headers)
        return str(phone.patch(ME, {"display_name": 5.5, "locale": "xx"}).json()["detail"])

    def test_follows_the_header(self, db: None) -> None:
        user = make_user(locale="th")

        assert self.refusal(user, HTTP_ACCEPT_LANGUAGE="en-GB,en;q=0.8") == "Some fields are not right."

    def test_follows_the_person_without_one(self, db: None) -> None:
        assert self.refusal(make_user(locale="th")) == "ข้อมูลบางช่องไม่ถูกต้อง"
        assert self.refusal(make_user(locale="en")) == "Some fields are not right."

    @pytest.mark.parametrize("header", ["", "*", "xx", "th" * 5000, ";q=", "\x7f"])
    def test_survives_a_strange_header(self, user: User, header: str) -> None:
        assert self.refusal(user, HTTP_ACCEPT_LANGUAGE=header) == "Some fields are not right."


@pytest.mark.usefixtures("erasure_at_once")
class TestErasure:
    def test_anonymises_in_place(self, client: APIClient, user: User) -> None:
        user.firebase_uid, user.is_staff = "uid-1", True
        user.save(update_fields=["firebase_uid", "is_staff"])
        Block.objects.create(blocker=user, blocked=make_user())

        assert client.delete(ME).status_code == 204

        erased = User.objects.get(pk=user.pk)
        assert (erased.phone, erased.firebase_uid, erased.display_name) == (None, None, "")
        assert (erased.is_active, erased.is_staff, erased.has_usable_password()) == (False, False, False)
        assert erased.first_name == "Former member"
        assert not Block.objects.filter(blocker=user).exists()

    def test_ends_every_session(self, client: APIClient, user: User) -> None:
        other = client_of(user)

        client.delete(ME)

        assert client.get(ME).status_code == other.get(ME).status_code == 401
        assert not Session.objects.filter(user=user).exists()

    def test_reaches_what_other_apps_hold(self, client: APIClient, user: User) -> None:
        body = {"value": "address", "platform": "android", "locale": "en"}
        assert client.post("/api/v1/devices", body).status_code in {200, 201}
        assert len(client.get(f"{ME}/export").json()["notifications"]["devices"]) == 1

        client.delete(ME)

        assert not user.devices.exists()

    def test_forgets_the_answers_kept_for_it(self, client: APIClient, user: User) -> None:
        report = {"user": str(make_user().pk), "reason": "spam", "text": "Advertises."}
        client.post("/api/v1/reports", report, HTTP_IDEMPOTENCY_KEY="once")
        assert IdempotentAnswer.objects.filter(owner=user.pk).exists()

        client.delete(ME)

        assert not IdempotentAnswer.objects.exists()

    def test_sets_the_number_free(self, client: APIClient, user: User) -> None:
        client.delete(ME)

        answer = APIClient().post("/api/v1/auth/sign-in", {"provider": "demo", "phone": user.phone})

        assert answer.json()["created"] is True
        assert answer.json()["user"]["id"] != str(user.pk)


class TestExport:
    def test_holds_the_account(self, client: APIClient, user: User) -> None:
        other = make_user()
        client.put(f"/api/v1/blocks/{other.pk}")
        client.post("/api/v1/reports", {"user": str(other.pk), "reason": "spam", "text": "Advertises."})

        answer = client.get(f"{ME}/export")

        assert "attachment" in answer["Content-Disposition"]
        account = answer.json()["account"]
        assert (account["phone"], account["display_name"]) == (user.phone, user.display_name)
        assert [block["blocked_id"] for block in account["blocks"]] == [str(other.pk)]
        assert [report["text"] for report in account["reports"]] == ["Advertises."]
        assert len(account["sessions"]) == 1

    def test_holds_no_key_to_anything(self, client: APIClient, user: User) -> None:
        session = Session.objects.get(user=user)

        copy = client.get(f"{ME}/export").content.decode()

        assert session.digest not in copy
        assert session.token_key not in copy
        assert "password" not in copy


@pytest.mark.django_db
class TestEndOfLife:
    def test_an_erased_person_cannot_be_met(self, client: APIClient) -> None:
        gone = make_user(erased_at=timezone.now(), is_active=False, phone=None)

        assert client.put(f"/api/v1/blocks/{gone.pk}").status_code == 404
        assert client.post("/api/v1/reports", {"user": str(gone.pk), "reason": "spam"}).status_code == 404
