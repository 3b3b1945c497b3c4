"""Staff with bounds: roles, the second factor, limited sign-ins, and the log of everything."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import unquote

import pyotp
import pytest
from django.contrib.admin import ModelAdmin, site
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import URLPattern
from django.utils import timezone
from pytest_django import Settings

from backend.accounts.admin_site import _password_slots
from backend.accounts.errors import NotAllowedToGiveRoles
from backend.accounts.fields import StaffRole
from backend.accounts.models import StaffRecord, User
from backend.accounts.services.roles import give_role
from backend.accounts.services.staff_log import forget_old_staff_records
from tests.factories.geo import make_pickup
from tests.factories.people import browser_of, make_user, staff_with

PASSWORD = "long enough to pass"
ROLES = list(StaffRole.values)
VIEWER, MODERATOR, OFFICER, ADMINISTRATOR = ROLES
# From which role on an action of a page may be run. Each role may do what those before it may.
ACTIONS = {
    ("BoardPrice", "delete_selected"): OFFICER,
    ("Collector", "grant_badge"): OFFICER,
    ("Collector", "withdraw_badge"): OFFICER,
    ("DropOffPoint", "delete_selected"): OFFICER,
    ("DeadLetter", "retry"): OFFICER,
    ("Device", "delete_selected"): OFFICER,
    ("KnownPicture", "delete_selected"): OFFICER,
    ("Penalty", "lift"): OFFICER,
    ("Pickup", "cancel"): OFFICER,
    ("ProcrastinateJob", "abort"): OFFICER,
    ("ProcrastinateJob", "cancel"): OFFICER,
    ("ProcrastinateJob", "retry"): OFFICER,
    ("Receipt", "issue_proposed"): OFFICER,
    ("Session", "revoke"): OFFICER,
    ("User", "reset_second_factor"): ADMINISTRATOR,
}
# From which role on a page can be opened, for those that not every role may open; and who may send its form.
VIEWED = {
    "Appeal": MODERATOR,
    "Case": MODERATOR,
    "KnownPicture": MODERATOR,
    "Message": MODERATOR,
    "ProcrastinateJob": OFFICER,
    "Report": MODERATOR,
    "StaffRecord": ADMINISTRATOR,
}
CHANGED = dict.fromkeys(["BoardPrice", "DropOffPoint", "Material", "User"], OFFICER)
ADDED = dict.fromkeys(["BoardPrice", "DropOffPoint", "EmissionFactor", "KnownPicture", "Material"], OFFICER)
ADDED |= {"Case": MODERATOR, "User": ADMINISTRATOR}
# Pages of our own.
CUSTOM = {
    "geo_scalephoto": MODERATOR,
    "moderation_appeal_decide": MODERATOR,
    "moderation_case_decide": MODERATOR,
    "moderation_evidence_photo": MODERATOR,
    "geo_receipt_correct": OFFICER,
    "auth_user_password_change": ADMINISTRATOR,
}


def roles_from(role: str) -> list[str]:
    return ROLES[ROLES.index(role) :]


@pytest.fixture
def requests(db: None) -> dict[str, Any]:
    """A request of an employee of each role."""
    return {role: staff_with(role).get("/admin/").wsgi_request for role in ROLES}


class TestRoles:
    def test_every_action_asks_for_a_permission(self, requests: dict[str, Any]) -> None:
        allowed = {
            (model.__name__, name): [role for role in ROLES if name in page.get_actions(on_list(requests[role], page))]
            for model, page in site._registry.items()
            for name in dict(page.get_actions(on_list(requests[ADMINISTRATOR], page)))
        }

        assert allowed == {action: roles_from(role) for action, role in ACTIONS.items()}

    @pytest.mark.parametrize(
        ("method", "table", "otherwise"),
        [("view", VIEWED, VIEWER), ("change", CHANGED, None), ("add", ADDED, None)],
    )
    def test_every_page_asks_for_a_permission(
        self, requests: dict[str, Any], method: str, table: dict[str, str], otherwise: str | None
    ) -> None:
        found = {
            model.__name__: [role for role in ROLES if getattr(page, f"has_{method}_permission")(requests[role])]
            for model, page in site._registry.items()
        }

        assert found == {name: roles_from(role) if (role := table.get(name, otherwise)) else [] for name in found}

    def test_every_page_of_our_own_asks_for_a_permission(self, db: None) -> None:
        pages = [pattern for page in site._registry.values() for pattern in custom_pages(page)]
        assert {pattern.name for pattern in pages} == set(CUSTOM)

        for role in ROLES:
            browser = staff_with(role)
            for name, address in addresses_of_custom_pages().items():
                may = role in roles_from(CUSTOM[name])
                assert (browser.get(address).status_code == 403) is not may, (role, name)

    @pytest.mark.parametrize("role", ROLES)
    def test_nobody_gives_a_role_but_administrators(self, db: None, role: str) -> None:
        giver, other = make_user(is_staff=True, is_superuser=role == ADMINISTRATOR, role=role), make_user()

        for receiver in [other, giver]:
            if role == ADMINISTRATOR and receiver == other:
                assert give_role(by=giver, user=receiver, role=OFFICER).role == OFFICER
            else:
                with pytest.raises(NotAllowedToGiveRoles):
                    give_role(by=giver, user=receiver, role=ADMINISTRATOR)

    @pytest.mark.parametrize("role", [VIEWER, MODERATOR, OFFICER])
    def test_nobody_changes_an_administrator_but_administrators(self, db: None, role: str) -> None:
        chief = make_user(is_staff=True, is_superuser=True, role=ADMINISTRATOR)

        form = {"display_name": "x", "locale": "th"}
        assert staff_with(role).post(f"/admin/accounts/user/{chief.pk}/change/", form).status_code == 403


def on_list(request: Any, page: ModelAdmin[Any]) -> Any:
    """The request, as of the list of this page, where actions are offered."""
    request.resolver_match = None
    return request


def custom_pages(page: ModelAdmin[Any]) -> list[URLPattern]:
    """Pages that Django's own admin of a model does not have."""
    plain = {pattern.name for pattern in ModelAdmin(page.model, site).get_urls()}
    return [pattern for pattern in page.get_urls() if pattern.name not in plain]


def addresses_of_custom_pages() -> dict[str, str]:
    nothing = "0198c0de-0000-7000-8000-000000000000"
    return {
        "geo_scalephoto": f"/admin/geo/handover/scale-photo/{nothing}/large",
        "moderation_appeal_decide": f"/admin/moderation/appeal/{nothing}/decide/",
        "moderation_case_decide": f"/admin/moderation/case/{nothing}/decide/",
        "moderation_evidence_photo": f"/admin/moderation/case/evidence/{nothing}",
        "geo_receipt_correct": f"/admin/geo/receipt/{nothing}/correct/",
        "auth_user_password_change": f"/admin/accounts/user/{make_user().pk}/password/",
    }


class TestSecondFactor:
    @pytest.fixture(autouse=True)
    def required(self, settings: Settings, db: None) -> None:
        settings.ADMIN_SECOND_FACTOR = True
        settings.OTP_TOTP_THROTTLE_FACTOR = settings.OTP_STATIC_THROTTLE_FACTOR = 0

    @pytest.fixture
    def officer(self) -> User:
        return make_user(is_staff=True, role=OFFICER)

    def enrol(self, browser: Client) -> tuple[pyotp.TOTP, list[str]]:
        page = browser.get("/admin/second-factor/").content.decode()
        app = pyotp.TOTP(page.partition("<code>")[2].partition("<")[0])
        codes = browser.post("/admin/second-factor/", {"code": app.now()}).context["recovery_codes"]
        return app, codes

    def test_is_set_up_at_the_first_sign_in(self, officer: User) -> None:
        browser = browser_of(officer)

        away = browser.get("/admin/geo/pickup/", follow=True)
        assert unquote(away.redirect_chain[-1][0]) == "/admin/second-factor/?next=/admin/geo/pickup/"
        assert b"segno" in away.content
        _, codes = self.enrol(browser)

        assert len(set(codes)) == 10
        assert browser.get("/admin/geo/pickup/").status_code == 200

    def test_is_asked_for_at_the_next(self, officer: User) -> None:
        _, codes = self.enrol(browser_of(officer))
        browser = browser_of(officer)

        page = browser.get("/admin/second-factor/")
        assert (page.status_code, b"segno" in page.content) == (200, False)
        for code in ("000000", "aaaaaaaa", ""):
            assert browser.post("/admin/second-factor/", {"code": code}).status_code == 200
            assert browser.get("/admin/geo/pickup/").status_code == 302
        answer = browser.post("/admin/second-factor/", {"code": codes[0], "next": "/admin/geo/pickup/"})

        assert (answer.status_code, answer["Location"]) == (302, "/admin/geo/pickup/")
        assert browser.get("/admin/geo/pickup/").status_code == 200

    def test_works_once(self, officer: User) -> None:
        app, codes = self.enrol(browser_of(officer))

        for code in (app.now(), codes[0], codes[0]):
            browser = browser_of(officer)
            browser.post("/admin/second-factor/", {"code": code})
        assert browser.get("/admin/geo/pickup/").status_code == 302

    def test_is_limited(self, officer: User, settings: Settings) -> None:
        _, codes = self.enrol(browser_of(officer))
        browser = browser_of(officer)

        for number in range(20):
            browser.post("/admin/second-factor/", {"code": f"{number:06d}"})
        browser.post("/admin/second-factor/", {"code": codes[0]})

        assert browser.get("/admin/geo/pickup/").status_code == 302

    def test_leads_nowhere_else(self, officer: User) -> None:
        _, codes = self.enrol(browser_of(officer))

        answer = browser_of(officer).post("/admin/second-factor/", {"code": codes[0], "next": "https://evil.example"})

        assert answer["Location"] == "/admin/"

    def test_is_reset_by_administrators(self, officer: User) -> None:
        self.enrol(browser_of(officer))
        browser = staff_with(ADMINISTRATOR)
        self.enrol(browser)

        browser.post("/admin/accounts/user/", {"action": "reset_second_factor", "_selected_action": [str(officer.pk)]})

        assert b"segno" in browser_of(officer).get("/admin/second-factor/").content

    def test_is_nothing_for_others(self) -> None:
        assert browser_of(make_user()).get("/admin/second-factor/").status_code == 302


class TestSigningIn:
    @pytest.fixture(autouse=True)
    def chief(self, db: None) -> User:
        return User.objects.create_superuser("+66811111111", PASSWORD, display_name="Chief")

    def sign_in(self, password: str = PASSWORD, phone: str = "0811111111", **options: Any) -> int:
        fields = {"username": phone, "password": password}
        return Client().post("/admin/login/?next=/admin/", fields, **options).status_code

    def test_is_limited_for_an_account(self) -> None:
        tries = [self.sign_in("wrong", REMOTE_ADDR=f"203.0.113.{number}") for number in range(12)]

        assert tries == [200] * 10 + [429] * 2
        assert self.sign_in() == 429
        assert StaffRecord.objects.filter(page="login", status=429, staff=None).count() == 3

    def test_is_limited_for_an_address(self) -> None:
        tries = [self.sign_in("wrong", phone=f"08123456{number:02d}") for number in range(42)]

        assert tries == [200] * 40 + [429] * 2

    def test_counts_anew_after_a_success(self) -> None:
        for _ in range(3):
            assert [self.sign_in("wrong") for _ in range(5)] == [200] * 5
            assert self.sign_in() == 302

    def test_many_at_once_do_not_wait_for_each_other(self, slots: None) -> None:
        """While as many passwords are checked as may be, others get an answer at once."""
        answer = Client().post("/admin/login/", {"username": "0811111111", "password": PASSWORD})

        assert (answer.status_code, answer["Retry-After"]) == (429, "60")

    @pytest.fixture
    def slots(self) -> Iterator[None]:
        while _password_slots().acquire(blocking=False):
            pass
        yield
        _password_slots.cache_clear()


def test_the_admin_takes_no_upload(db: None) -> None:
    """Refused by its length: nothing of it is read or written."""
    answer = staff_with(ADMINISTRATOR).post("/admin/login/", {"photo": "x" * 1_100_000})

    assert answer.status_code == 413


class TestLog:
    def test_holds_looks_and_acts(self, db: None) -> None:
        pickup, browser = make_pickup(), staff_with(OFFICER)
        officer = User.objects.get(role=OFFICER)

        browser.get("/admin/geo/pickup/?q=bottles")
        browser.get(f"/admin/geo/pickup/{pickup.pk}/change/")
        browser.get("/admin/accounts/user/add/")
        browser.post("/admin/geo/pickup/", {"action": "cancel", "_selected_action": [str(pickup.pk)]})

        rows = StaffRecord.objects.order_by("id").values_list("page", "object_id", "is_act", "detail", "status")
        assert list(rows) == [
            ("geo_pickup_changelist", "", False, "q=bottles", 200),
            ("geo_pickup_change", str(pickup.pk), False, "", 200),
            ("accounts_user_add", "", False, "", 403),
            ("geo_pickup_changelist", "", True, f"cancel {pickup.pk}", 302),
        ]
        assert set(StaffRecord.objects.values_list("staff", "address")) == {(officer.pk, "127.0.0.1")}

    def test_is_neither_evaded_nor_cut(self, db: None) -> None:
        browser, page = staff_with(OFFICER), "/admin/geo/pickup/"
        ids = [str(make_pickup().pk) for _ in range(20)]
        padded = "-" * 200 + ids[0]

        browser.post(page, {"action": "cancel\0", "_selected_action": ids[:1]})
        browser.post(f"{page}?q=x", {"action": ["", "cancel"], "select_across": "1", "_selected_action": ids})
        browser.get(f"{page}{padded}/change/")
        Client().post("/admin/login/", {"username": "0811111111", "password": PASSWORD, "action": "\0" * 1000})

        rows = StaffRecord.objects.order_by("id").values_list("object_id", "detail", "status")
        assert list(rows) == [
            ("", f"cancel\N{REPLACEMENT CHARACTER} {ids[0]}", 302),
            ("", f"cancel select_across {' '.join(ids)} q=x", 302),
            (padded, "", 200),
            ("", "", 200),
        ]

    def test_is_read_by_administrators_alone(self, db: None) -> None:
        answers = [staff_with(role).get("/admin/accounts/staffrecord/").status_code for role in ROLES]

        assert answers == [403, 403, 403, 200]

    def test_never_changes(self, db: None) -> None:
        staff_with(VIEWER).get("/admin/geo/pickup/")

        for change in (partial(StaffRecord.objects.update, page="x"), StaffRecord.objects.all().delete):
            with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
                change()

        now = timezone.now()
        assert forget_old_staff_records(now=now) == 0
        assert forget_old_staff_records(now=now + timedelta(days=731)) == 1
