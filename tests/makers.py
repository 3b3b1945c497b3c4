"""Typed makers of things that tests need. Each makes one valid thing; say only what matters to the test."""

from itertools import count
from typing import Any

from rest_framework.test import APIClient

from backend.accounts.models import Session, User

_numbers = count(1)


def make_user(**fields: Any) -> User:
    """A person with a phone of his own, reading English."""
    number = next(_numbers)
    return User.objects.create(
        **{"phone": f"+6681{number:07d}", "display_name": f"Somchai {number}", "locale": "en"} | fields
    )


def client_of(user: User, **session: Any) -> APIClient:
    """A phone on which `user` has signed in."""
    _, token = Session.objects.create(user=user, **{"installation": f"phone-{next(_numbers)}"} | session)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_ACCEPT_LANGUAGE=user.locale)
    return client
