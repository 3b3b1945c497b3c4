"""Reading the inbox, on all of a person's devices at once."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from notifications.models import Event
from notifications.selectors.events import head_of
from notifications.selectors.inbox import get_entry_for, unread_count_of
from notifications.services.locks import lock_counters, update_events
from notifications.services.notify import Notice, notify


@transaction.atomic
def read_entry(*, user_id: uuid.UUID, seq: int, now: datetime) -> int:
    """The person has read this entry, and with it all earlier ones about the same. Returns how many stay unread.

    Raises NotFound for what is not in the inbox.
    """
    entry = get_entry_for(user_id, seq)
    same = Event.objects.filter(user_id=user_id, seq__lte=seq)
    same = same.filter(collapse_key=entry.collapse_key) if entry.collapse_key else same.filter(pk=entry.pk)
    return _read(same, user_id=user_id, data={"seq": seq}, now=now)


@transaction.atomic
def read_all(*, user_id: uuid.UUID, up_to: int | None, now: datetime) -> int:
    """The person has read everything, or everything up to this number. Returns how many stay unread."""
    last = head_of(user_id) if up_to is None else up_to
    mine = Event.objects.filter(user_id=user_id, seq__lte=last)
    return _read(mine, user_id=user_id, data={"up_to": last}, now=now)


def _read(events: QuerySet[Event], *, user_id: uuid.UUID, data: dict[str, int], now: datetime) -> int:
    """Where something was unread, the person's other open apps are told with `inbox.read`.

    The counter is locked first, as by whoever writes an event that settles others.
    """
    lock_counters([user_id])
    unread = events.filter(wants_push=True, read_at=None)
    newly_read = update_events(unread, read_at=now)
    left = unread_count_of(user_id)
    if newly_read:
        notify(notices=[Notice(user_id=user_id, event="inbox.read", data=data | {"unread": left})], now=now)
    return left
