"""What a person says about himself."""

from collections.abc import Mapping

from django.db import transaction

from backend.accounts.models import User


@transaction.atomic
def amend_profile(*, user: User, changes: Mapping[str, str]) -> User:
    """Set any of `display_name`, `locale`, `avatar_colour`; returns the account as it is now."""
    User.objects.filter(pk=user.pk).update(**changes)
    user.refresh_from_db()
    return user
