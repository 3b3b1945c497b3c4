"""The in-app inbox, read from the same log."""

import uuid

from notifications.models import Event


def unread_count_of(user_id: uuid.UUID) -> int:
    """How many things worth a push this person has not read: what the app icon shows."""
    return Event.objects.filter(user_id=user_id, wants_push=True, read_at=None).count()
