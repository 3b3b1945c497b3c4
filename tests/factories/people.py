"""Typed factories of users and clients. Each makes one valid object; pass only what the test needs."""

from itertools import count
from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import Session, User
from backend.accounts.services.consents import current_versions, record_consent

_numbers = count(1)


def make_user(**fields: Any) -> User:
    """A user with a unique phone number and English as the language."""
    number = next(_numbers)
    return User.objects.create(
        **{"phone": f"+6681{number:07d}", "display_name": f"Somchai {number}", "locale": "en"} | fields
    )


def make_session(user: User, **fields: Any) -> tuple[Session, str]:
    """A session of `user` on a new device, and its token."""
    device: dict[str, Any] = {
        "installation": f"phone-{next(_numbers)}",
        "device_name": "A phone",
        "now": timezone.now(),
    }
    return Session.objects.issue(user=user, **device | fields)


def agree(user: User) -> None:
    """Let them accept the texts in force, as the app asks after signing in."""
    for purpose, version in current_versions().items():
        record_consent(user=user, purpose=purpose, version=version, is_given=True, channel="web", now=timezone.now())


def client_of(user: User, **session: Any) -> APIClient:
    """An API client signed in as `user`."""
    _, token = make_session(user, **session)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_ACCEPT_LANGUAGE=user.locale)
    return client


def browser_of(user: User) -> Client:
    """A browser signed in to the admin as `user`."""
    browser = Client()
    browser.force_login(user)
    return browser


def staff_who_may(*codenames: str) -> Client:
    """A browser of an employee with these permissions."""
    employee = make_user(is_staff=True)
    employee.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return browser_of(employee)


def staff_with(role: str) -> Client:
    """A browser of an employee with this role."""
    return browser_of(make_user(is_staff=True, is_superuser=role == "administrator", role=role))
