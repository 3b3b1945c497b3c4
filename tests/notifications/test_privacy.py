"""Erasure."""

from backend.accounts.models import User
from notifications.models import SetAside
from notifications.services.privacy import erase
from tests.factories.notifications import NOON


def test_takes_what_was_set_aside(user: User) -> None:
    SetAside.objects.create(user=user, events=[1], reason="KeyError('Soi Ari')", created_at=NOON)

    erase(user=user, now=NOON)

    assert not SetAside.objects.exists()
