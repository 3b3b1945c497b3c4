"""Erasing a user's notifications."""

from backend.accounts.models import User
from backend.accounts.registry import erase_section
from notifications.models import DeadLetter
from tests.factories.notifications import NOON


def test_deletes_dead_letters(user: User) -> None:
    DeadLetter.objects.create(user=user, events=[1], reason="KeyError('Soi Ari')", created_at=NOON)

    erase_section("notifications", user=user, now=NOON)

    assert not DeadLetter.objects.exists()
