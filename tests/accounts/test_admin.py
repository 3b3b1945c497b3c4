"""The admin of staff and reports."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.admin import site
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from backend.accounts.models import Report, User
from tests.factories.chat import make_conversation
from tests.factories.geo import make_pickup
from tests.factories.people import browser_of, make_user, staff_with

pytestmark = pytest.mark.django_db
PASSWORD = "long enough to pass"
USERS, REPORTS = "/admin/accounts/user/", "/admin/accounts/report/"


@pytest.fixture
def chief() -> Client:
    """A browser of the first officer."""
    return browser_of(User.objects.create_superuser(phone="+66811111111", password=PASSWORD, display_name="Chief"))


def form_of(user: User, **fields: Any) -> dict[str, Any]:
    return {"display_name": user.display_name, "locale": user.locale, "is_active": "on"} | fields


def new_officer(**fields: str) -> dict[str, str]:
    officer = {"phone": "081-222-2222", "display_name": "Malee", "locale": "th", "role": "viewer"}
    return officer | {"password1": PASSWORD, "password2": PASSWORD} | fields


def can_sign_in(phone: str, password: str) -> bool:
    answer = Client().post("/admin/login/?next=/admin/", {"username": phone, "password": password})
    return answer.status_code == 302


class TestTheFirstAdministrator:
    @pytest.mark.parametrize("phone", ["081 111 1111", "+66811111111", "๐๘๑-๑๑๑-๑๑๑๑"])
    def test_is_made_by_the_command(self, monkeypatch: pytest.MonkeyPatch, phone: str) -> None:
        monkeypatch.setenv("ADMINISTRATOR_PASSWORD", PASSWORD)

        call_command("create_administrator", phone, "Chief", stdout=StringIO())

        assert can_sign_in("+66811111111", PASSWORD)
        assert User.objects.get().role == "administrator"

    def test_may_be_a_resident(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ADMINISTRATOR_PASSWORD", PASSWORD)
        resident = make_user(phone="+66811111111")

        call_command("create_administrator", "0811111111", "Chief", "--reset-second-factor", stdout=StringIO())

        resident.refresh_from_db()
        assert (resident.role, resident.is_superuser) == ("administrator", True)

    @pytest.mark.parametrize(("phone", "password"), [("admin", PASSWORD), ("0811111111", "short")])
    def test_needs_a_phone_number_and_a_password(
        self, monkeypatch: pytest.MonkeyPatch, phone: str, password: str
    ) -> None:
        monkeypatch.setenv("ADMINISTRATOR_PASSWORD", password)

        with pytest.raises(CommandError):
            call_command("create_administrator", phone, "Chief")


class TestMakingOfficers:
    def test_a_second_officer_can_sign_in(self, chief: Client) -> None:
        assert chief.get(f"{USERS}add/").status_code == 200
        assert chief.post(f"{USERS}add/", new_officer()).status_code == 302

        officer = User.objects.get(phone="+66812222222")
        assert (officer.is_staff, officer.is_superuser, officer.role) == (True, False, "viewer")
        assert can_sign_in("0812222222", PASSWORD)

    @pytest.mark.parametrize(
        "fields",
        [
            {"phone": "Malee"},
            {"phone": ""},
            {"phone": "081 111 1111"},
            {"password1": "short", "password2": "short"},
            {"password2": "another password"},
            {"password1": "Trash of the city", "password2": "Trash of the city"},
            {"display_name": ""},
            {"role": ""},
            {"role": "king"},
        ],
    )
    def test_a_mistake_is_shown(self, chief: Client, fields: dict[str, str]) -> None:
        answer = chief.post(f"{USERS}add/", new_officer(**fields))

        assert (answer.status_code, b"errorlist" in answer.content) == (200, True)
        assert User.objects.count() == 1

    def test_a_resident_becomes_an_officer(self, chief: Client) -> None:
        resident = make_user(phone="+66812222222")
        page = f"{USERS}{resident.pk}/"

        assert chief.get(f"{page}change/").status_code == 200
        assert chief.post(f"{page}change/", form_of(resident, role="viewer")).status_code == 302
        password = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true", "set-password": "1"}
        assert chief.post(f"{page}password/", password).status_code == 302

        assert can_sign_in("+66812222222", PASSWORD)

    def test_an_officer_leaves(self, chief: Client) -> None:
        browser = staff_with("moderator")
        officer = User.objects.get(role="moderator")
        assert browser.get(REPORTS).status_code == 200

        chief.post(f"{USERS}{officer.pk}/change/", form_of(officer, role=""))

        officer.refresh_from_db()
        assert (browser.get(REPORTS).status_code, officer.is_staff) == (302, False)

    def test_nobody_shuts_themselves_out(self, chief: Client) -> None:
        me = User.objects.get()

        assert (
            chief.post(f"{USERS}{me.pk}/change/", {"display_name": "Boss", "locale": "th", "role": ""}).status_code
            == 302
        )

        me.refresh_from_db()
        assert (me.display_name, me.is_active, me.is_staff, me.role) == ("Boss", True, True, "administrator")


class TestRightsOfClerks:
    """A clerk who may change users cannot make themselves, or anybody, more powerful."""

    def test_closes_no_account_here(self) -> None:
        clerk, resident = staff_with("officer"), make_user()

        clerk.post(f"{USERS}{resident.pk}/change/", {"display_name": resident.display_name, "locale": "en"})

        resident.refresh_from_db()
        assert resident.is_active

    def test_gives_nobody_rights(self) -> None:
        clerk, resident = staff_with("officer"), make_user()

        form = form_of(resident, is_staff="on", role="administrator", password="x", display_name="Renamed")
        assert clerk.post(f"{USERS}{resident.pk}/change/", form).status_code == 302

        resident.refresh_from_db()
        assert (resident.display_name, resident.is_staff, resident.is_superuser) == ("Renamed", False, False)

    def test_adds_nobody_and_sets_no_password(self) -> None:
        clerk, resident = staff_with("officer"), make_user()

        assert clerk.post(f"{USERS}add/", new_officer()).status_code == 403
        assert clerk.get(f"{USERS}{resident.pk}/password/").status_code == 403

    def test_changes_no_officer(self, chief: Client) -> None:
        boss = User.objects.get()
        clerk = staff_with("officer")

        assert clerk.post(f"{USERS}{boss.pk}/change/", {"display_name": "x", "locale": "th"}).status_code == 403
        assert b"pbkdf2" not in clerk.get(f"{USERS}{boss.pk}/change/").content


class TestReports:
    def report(self, subject: str = "") -> Report:
        return Report.objects.create(
            reporter=make_user(), reported=make_user(), reason="fraud", subject=subject, created_at=timezone.now()
        )

    def test_stay(self, chief: Client) -> None:
        report = self.report()

        assert chief.post(f"{REPORTS}{report.pk}/delete/", {"post": "yes"}).status_code == 403
        chief.post(REPORTS, {"action": "delete_selected", "_selected_action": [str(report.pk)], "post": "yes"})

        assert Report.objects.exists()

    def test_are_not_shown_to_those_whom_they_concern(self) -> None:
        report = self.report()
        User.objects.filter(pk=report.reported_id).update(role="moderator", is_staff=True)
        browser = browser_of(User.objects.get(pk=report.reported_id))

        assert browser.get(f"{REPORTS}{report.pk}/change/").status_code == 302
        assert f"{REPORTS}{report.pk}" not in browser.get(REPORTS).content.decode()

    def test_lead_to_their_subject(self, chief: Client) -> None:
        pickup, person = make_pickup(), make_user()
        talk = make_conversation(make_user(), make_user())

        for subject, page in [
            (f"pickup:{pickup.pk}", f"/admin/geo/pickup/{pickup.pk}/change/"),
            (f"Pickup: {str(pickup.pk).upper()}", f"/admin/geo/pickup/{pickup.pk}/change/"),
            (f"user:{person.pk}", f"{USERS}{person.pk}/change/"),
            (f"conversation:{talk.pk}", f"/admin/chat/conversation/{talk.pk}/change/"),
        ]:
            assert f'href="{page}"' in chief.get(f"{REPORTS}{self.report(subject).pk}/change/").content.decode()

    @pytest.mark.parametrize(
        "subject",
        ["", "pickup:1", "pickup:", "<b>x</b>", "group:1", "nothing:0198c0de-0000-7000-8000-000000000000",
         "pickup:0198c0de-0000-7000-8000-000000000000"],
    )  # fmt: skip
    def test_about_nothing_can_be_read(self, chief: Client, subject: str) -> None:
        answer = chief.get(f"{REPORTS}{self.report(subject).pk}/change/")

        assert answer.status_code == 200
        assert b"<b>x</b>" not in answer.content


def test_staff_delete_no_record_at_all(chief: Client) -> None:
    """Only devices, which people register again, and lists of prices, places and pictures."""
    request = chief.get("/admin/").wsgi_request

    can = {model.__name__ for model, page in site._registry.items() if page.has_delete_permission(request)}

    assert can == {"BoardPrice", "Device", "DropOffPoint", "KnownPicture"}
