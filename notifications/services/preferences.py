"""Changing what a user wants to be notified of: preferences and mutes."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from notifications.errors import MuteOver, NoEmailAddress, QuietHoursIncomplete
from notifications.models import EmailAddress, Mute, Preferences
from notifications.selectors.recipients import preferences_of


def change_preferences(*, user_id: uuid.UUID, changes: Mapping[str, Any]) -> Preferences:
    """Set the named fields of `Preferences`. Raises QuietHoursIncomplete, NoEmailAddress."""
    preferences = preferences_of(user_id)
    for name, value in changes.items():
        setattr(preferences, name, value)
    if (preferences.quiet_from is None) != (preferences.quiet_until is None):
        raise QuietHoursIncomplete(field="quiet_from" if preferences.quiet_from is None else "quiet_until")
    if changes.get("email") and not EmailAddress.objects.filter(pk=user_id).exclude(verified_at=None).exists():
        raise NoEmailAddress(field="email")
    if changes:
        # Only the named fields, so that two phones can change different ones at the same time.
        Preferences.objects.bulk_create(
            [preferences], update_conflicts=True, unique_fields=["user"], update_fields=list(changes)
        )
    return preferences


def mute_topic(*, user_id: uuid.UUID, topic: str, until: datetime | None, now: datetime) -> Mute:
    """Send this user no push about `topic` (a collapse key) until then, or without an end. Replaces an earlier mute.

    Raises MuteOver when `until` has passed.
    """
    if until is not None and until <= now:
        raise MuteOver(field="until")
    row = Mute(user_id=user_id, topic=topic, until=until, created_at=now)
    Mute.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["user", "topic"], update_fields=["until", "created_at"]
    )
    return row


def unmute_topic(*, user_id: uuid.UUID, topic: str) -> None:
    """End the mute, if there is one."""
    Mute.objects.filter(user_id=user_id, topic=topic).delete()
