"""Signed-in people of the generated city."""

from dataclasses import dataclass
from datetime import UTC, datetime

from backend.accounts.models import Session, User

INSTALLATION = "bench"


@dataclass(frozen=True)
class Person:
    """Somebody, with the bearer token of an open session."""

    user: User
    token: str


def sign_in(name: str, count: int) -> list[Person]:
    """The first `count` people whose display name begins with `name`, each with a new session."""
    users = User.objects.filter(display_name__startswith=name).order_by("id")[:count]
    now = datetime.now(UTC)
    return [
        Person(user, Session.objects.issue(user=user, installation=INSTALLATION, device_name="", now=now)[1])
        for user in users
    ]
