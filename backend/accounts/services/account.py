"""A user's account: changing, exporting and erasing it."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from backend.accounts.identity import Identity
from backend.accounts.models import AVATAR_COLOURS, User
from backend.accounts.registry import erase_all, leave_all
from backend.accounts.selectors import find_account


@transaction.atomic
def amend_profile(*, user: User, changes: Mapping[str, str]) -> User:
    """Set any of `display_name`, `chosen_name`, `locale` and `avatar_colour`; returns the changed account."""
    locked = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.save(update_fields=[*changes, "shown_name"])
    return locked


ANONYMISED = (
    "phone", "firebase_uid", "line_id", "display_name", "chosen_name", "shown_name", "avatar_colour", "password",
    "is_active", "is_staff", "is_superuser", "erased_at",
)  # fmt: skip


def erase_account(*, user: User, now: datetime) -> None:
    """Leave, then anonymise in place, so that what was recycled stays counted; nobody can sign in there again."""
    leave_all(user=user, now=now)
    anonymise_account(user=user, now=now)


def erase_by_identity(*, identity: Identity, now: datetime) -> None:
    """Erase the account that this identity signs in to. Does nothing without one, and to one that is suspended."""
    user = find_account(identity)
    if user is not None and user.is_active:
        erase_account(user=user, now=now)


@transaction.atomic
def anonymise_account(*, user: User, now: datetime) -> None:
    """Erase an account without obligations. Its standing stays under keyed hashes of its identities."""
    locked = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    erase_all(user=locked, now=now)


def anonymise(user: User, now: datetime) -> None:
    """Erase the row of a locked account itself."""
    user.phone = user.firebase_uid = user.line_id = None
    user.display_name = user.chosen_name = ""
    user.avatar_colour = AVATAR_COLOURS[0]
    user.is_active = user.is_staff = user.is_superuser = False
    user.erased_at = now
    user.set_unusable_password()
    user.save(update_fields=ANONYMISED)
