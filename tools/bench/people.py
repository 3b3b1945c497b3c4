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
    session: Session


def sign_in(name: str, count: int) -> list[Person]:
    """The first `count` people whose display name begins with `name`, each with a new session, the only one here."""
    users = User.objects.filter(display_name__startswith=name).order_by("id")[:count]
    now = datetime.now(UTC)
    Session.objects.filter(user__in=list(users), installation=INSTALLATION).delete()
    people = []
    for user in users:
        session, token = Session.objects.issue(user=user, installation=INSTALLATION, device_name="", now=now)
        people.append(Person(user, token, session))
    return people
