"""The one order of locks: people's counters, by user id; then events, by id. Else two would wait in a circle."""

import uuid
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from notifications.models import Event, EventCounter


def lock_counters(user_ids: Collection[uuid.UUID]) -> None:
    """Hold the counters of these people until the end of the transaction."""
    counters = EventCounter.objects.filter(pk__in=user_ids).order_by("pk")
    list(counters.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))


def update_events(events: QuerySet[Event], **fields: Any) -> int:
    """Set these fields of the events, which are locked in their order. Returns how many."""
    locked = events.order_by("pk").select_for_update(of=("self",), no_key=True).values("pk")
    return Event.objects.filter(pk__in=locked).update(**fields)
