"""The in-app inbox, read from the same log."""

import uuid
from collections.abc import Collection

from django.db.models import Count

from notifications.models import Event


def unread_count_of(user_id: uuid.UUID) -> int:
    """How many things worth a push this person has not read: what the app icon shows."""
    return Event.objects.filter(user_id=user_id, wants_push=True, read_at=None).count()


def unread_counts_of(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """`unread_count_of` for many; who has read everything is left out."""
    unread = Event.objects.filter(user_id__in=user_ids, wants_push=True, read_at=None)
    return dict(unread.values_list("user_id").annotate(Count("pk")))
