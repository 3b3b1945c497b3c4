"""The admin resists forged forms and guessed passwords; the API ignores cookies."""

import pytest
from django.contrib.admin import site
from django.test import Client
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.core.http.admin import CityAdmin
from tests.factories.people import client_of, staff_who_may

APPS = ("backend", "chat", "geo", "notifications")


def test_the_admin_refuses_a_forged_form(db: None) -> None:
    forger = APIClient(enforce_csrf_checks=True)

    answer = forger.post("/admin/login/", {"username": "+66800000001", "password": "guessed"}, format="multipart")

    assert answer.status_code == 403


@pytest.mark.parametrize("phone", ["+66811111111", "081-111-1111", "๐๘๑ ๑๑๑ ๑๑๑๑", "0066 81 111 1111"])
def test_staff_sign_in_however_they_type_their_number(db: None, phone: str) -> None:
    User.objects.create_superuser(phone="+66811111111", password="long enough to pass")

    answer = Client().post("/admin/login/?next=/admin/", {"username": phone, "password": "long enough to pass"})

    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_the_api_ignores_a_session_cookie_of_the_admin(user: User) -> None:
    clerk = APIClient()
    clerk.force_login(user)

    assert clerk.get("/api/v1/me").status_code == 401


def test_the_api_sets_no_cookie(user: User) -> None:
    answer = client_of(user).get("/api/v1/me")

    assert (answer.status_code, dict(answer.cookies), answer["X-Frame-Options"]) == (200, {}, "DENY")


@pytest.mark.parametrize(
    ("right", "asked"),
    [
        ("view_pickup", "geo/pickup/?address__startswith=99"),
        ("view_pickup", "geo/pickup/?location__within=POLYGON((100 13,101 13,101 14,100 14,100 13))"),
        ("view_collector", "geo/collector/?service_point__within=POLYGON((100 13,101 13,101 14,100 14,100 13))"),
        ("view_handover", "geo/handover/?code__startswith=1"),
        ("view_device", "notifications/device/?value__startswith=a"),
        ("view_message", "chat/message/?text__contains=secret"),
        ("view_user", "accounts/user/?password__startswith=pbkdf2"),
    ],
)
def test_a_clerk_finds_out_nothing_that_is_not_shown(db: None, right: str, asked: str) -> None:
    """Guess a text letter by letter, from whether the filtered list is empty."""
    browser = staff_who_may(right)

    assert browser.get(f"/admin/{asked.split('?', maxsplit=1)[0]}").status_code == 200
    assert browser.get(f"/admin/{asked}").status_code == 400


def test_every_page_allows_its_own_filters_alone() -> None:
    ours = [page for page in site._registry.values() if type(page).__module__.split(".")[0] in APPS]

    assert len(ours) > 15
    assert [page for page in ours if not isinstance(page, CityAdmin)] == []
