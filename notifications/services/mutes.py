"""Keeping quiet about one thing, such as a conversation."""

import uuid
from datetime import datetime

from notifications.errors import MuteOver
from notifications.models import Mute


def mute_topic(*, user_id: uuid.UUID, topic: str, until: datetime | None, now: datetime) -> Mute:
    """Push nothing about `topic` (a collapse key) to this person, `until` then or for good. Replaces what held.

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
    """Push about it again; where it was not muted nothing changes."""
    Mute.objects.filter(user_id=user_id, topic=topic).delete()


def remove_past_mutes(*, now: datetime) -> int:
    """Forget those that are over; returns how many."""
    return Mute.objects.filter(until__lte=now).delete()[0]
