"""Signed-in people in the bench's database."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from rest_framework.test import APIClient

from backend.accounts.models import Session, User

INSTALLATION = "bench"
_numbers = count(1)


@dataclass(frozen=True)
class Person:
    """A user with an open session and its bearer token."""

    user: User
    token: str
    session: Session

    def send(self, method: str, path: str, body: object = None) -> Any:
        """Send a request below `/api/v1` as this person, handled in this process; return the JSON of the response.

        Raises RuntimeError when it is refused.
        """
        client = APIClient(HTTP_AUTHORIZATION=f"Bearer {self.token}", HTTP_HOST="127.0.0.1")
        given = ("", "application/octet-stream") if body is None else (json.dumps(body), "application/json")
        response = client.generic(method, f"/api/v1{path}", *given)
        if response.status_code >= 300:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.content!r}")
        return response.json() if response.content and "json" in response["Content-Type"] else None


def sign_in(name: str, count: int) -> list[Person]:
    """Sign in the first `count` people whose display name begins with `name`; their older bench sessions end."""
    users = list(User.objects.filter(display_name__startswith=name).order_by("id")[:count])
    Session.objects.filter(user__in=users, installation=INSTALLATION).delete()
    return [open_session(user) for user in users]


def sign_up(name: str) -> Person:
    """Create a user and sign them in."""
    phone = f"+66899{next(_numbers):06d}"
    return open_session(User.objects.create(phone=phone, display_name=name, locale="en"))


def open_session(user: User, installation: str = INSTALLATION) -> Person:
    """Open one more session of this user."""
    now = datetime.now(UTC)
    session, token = Session.objects.issue(user=user, installation=installation, device_name="", now=now)
    return Person(user, token, session)
