"""The in-app inbox, read from the same log."""

import uuid
from collections.abc import Collection

from django.db.models import Count, QuerySet

from notifications.models import Event


def unread_count_of(user_id: uuid.UUID) -> int:
    """How many things worth a push this person has not read: what the app icon shows."""
    return unread_counts_of([user_id]).get(user_id, 0)


def unread_counts_of(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """`unread_count_of` for many; who has read everything is left out."""
    unread = unread_events().filter(user_id__in=user_ids)
    return dict(unread.values_list("user_id").annotate(Count("pk")))


def unread_events() -> QuerySet[Event]:
    """What is worth a push, still true, and not read."""
    return Event.objects.filter(wants_push=True, read_at=None, withdrawn_at=None)
