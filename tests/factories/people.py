"""Typed makers of things that tests need. Each makes one valid thing; say only what matters to the test."""

from itertools import count
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import Session, User

_numbers = count(1)


def make_user(**fields: Any) -> User:
    """A user with a unique phone number, reading English."""
    number = next(_numbers)
    return User.objects.create(
        **{"phone": f"+6681{number:07d}", "display_name": f"Somchai {number}", "locale": "en"} | fields
    )


def make_session(user: User, **fields: Any) -> tuple[Session, str]:
    """A sign-in of `user` on a device of its own, and its token."""
    device: dict[str, Any] = {
        "installation": f"phone-{next(_numbers)}",
        "device_name": "A phone",
        "now": timezone.now(),
    }
    return Session.objects.issue(user=user, **device | fields)


def client_of(user: User, **session: Any) -> APIClient:
    """A phone on which `user` has signed in."""
    _, token = make_session(user, **session)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_ACCEPT_LANGUAGE=user.locale)
    return client
