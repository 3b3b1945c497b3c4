"""What a person wants to be told."""

import uuid
from collections.abc import Mapping
from typing import Any

from notifications.errors import NoEmailAddress, QuietHoursIncomplete
from notifications.models import EmailAddress, Preferences
from notifications.selectors.reach import preferences_of


def choose_notifications(*, user_id: uuid.UUID, changes: Mapping[str, Any]) -> Preferences:
    """Change the named choices; the others stay. Raises QuietHoursIncomplete, NoEmailAddress.

    `changes` maps fields of `Preferences` to their new values.
    """
    preferences = preferences_of(user_id)
    for name, value in changes.items():
        setattr(preferences, name, value)
    if (preferences.quiet_from is None) != (preferences.quiet_until is None):
        raise QuietHoursIncomplete(field="quiet_from" if preferences.quiet_from is None else "quiet_until")
    if changes.get("email") and not EmailAddress.objects.filter(pk=user_id).exclude(verified_at=None).exists():
        raise NoEmailAddress(field="email")
    if changes:
        # Named fields alone, so that two phones changing different choices both get theirs.
        Preferences.objects.bulk_create(
            [preferences], update_conflicts=True, unique_fields=["user"], update_fields=list(changes)
        )
    return preferences
