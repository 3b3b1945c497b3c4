"""Cookies and forms are the desk's alone."""

from rest_framework.test import APIClient

from backend.accounts.models import User
from tests.makers import client_of


def test_the_desk_believes_no_forged_form(db: None) -> None:
    forger = APIClient(enforce_csrf_checks=True)

    answer = forger.post("/admin/login/", {"username": "+66800000001", "password": "guessed"}, format="multipart")

    assert answer.status_code == 403


def test_a_cookie_of_the_desk_opens_no_door_of_the_api(user: User) -> None:
    clerk = APIClient()
    clerk.force_login(user)

    assert clerk.get("/api/v1/me").status_code == 401


def test_the_api_sets_no_cookie(user: User) -> None:
    answer = client_of(user).get("/api/v1/me")

    assert (answer.status_code, dict(answer.cookies), answer["X-Frame-Options"]) == (200, {}, "DENY")
