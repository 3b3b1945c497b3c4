"""A user's own profile."""

from collections.abc import Mapping

from django.db import transaction

from backend.accounts.models import User


@transaction.atomic
def amend_profile(*, user: User, changes: Mapping[str, str]) -> User:
    """Set any of `display_name`, `chosen_name`, `locale` and `avatar_colour`; returns the changed account."""
    locked = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.save(update_fields=[*changes, "shown_name"])
    return locked
