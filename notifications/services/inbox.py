"""Acknowledging events and marking them as read, on all of a user's devices at once. No push is sent for either."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Least

from notifications.models import Event, EventCounter
from notifications.selectors.events import get_entry_for, head_of, unread_count_of
from notifications.services.locks import lock_counters, update_events
from notifications.services.notify import Notice, notify
from notifications.services.withdrawals import withdraw_read


def acknowledge(*, user_id: uuid.UUID, seq: int) -> None:
    """An open app has shown everything up to `seq`. Only moves forward, and not beyond the newest event."""
    EventCounter.objects.filter(pk=user_id, acked__lt=Least(F("head"), seq)).update(acked=Least(F("head"), seq))


@transaction.atomic
def mark_events_read(*, user_id: uuid.UUID, up_to: int, now: datetime) -> int:
    """Mark every event up to this number as read; returns how many are newly read."""
    lock_counters([user_id])
    newly_read = update_events(Event.objects.filter(user_id=user_id, seq__lte=up_to, read_at=None), read_at=now)
    withdraw_read(user_id=user_id, now=now)
    return newly_read


def mark_collapsed_read(
    *, user_id: uuid.UUID, collapse_key: str, now: datetime, up_to: tuple[str, int] | None = None
) -> int:
    """Mark events with this collapse key as read, such as those of a conversation; returns how many are newly read.

    `up_to` limits them by a number inside their data: `("message__seq", 7)`.
    """
    unread = Event.objects.filter(user_id=user_id, collapse_key=collapse_key, read_at=None)
    if up_to is not None:
        unread = unread.filter(**{f"data__{up_to[0]}__lte": up_to[1]})
    newly_read = update_events(unread, read_at=now)
    withdraw_read(user_id=user_id, now=now)
    return newly_read


@transaction.atomic
def read_entry(*, user_id: uuid.UUID, seq: int, now: datetime) -> int:
    """Mark an inbox entry as read, and all earlier ones with its collapse key. Returns how many stay unread.

    Raises NotFound when it is not in the inbox.
    """
    entry = get_entry_for(user_id, seq)
    same = Event.objects.filter(user_id=user_id, seq__lte=seq)
    same = same.filter(collapse_key=entry.collapse_key) if entry.collapse_key else same.filter(pk=entry.pk)
    return _mark_read(same, user_id=user_id, data={"seq": seq}, now=now)


@transaction.atomic
def read_all(*, user_id: uuid.UUID, up_to: int | None, now: datetime) -> int:
    """Mark the inbox as read, all of it or up to this number. Returns how many entries stay unread."""
    last = head_of(user_id) if up_to is None else up_to
    events = Event.objects.filter(user_id=user_id, seq__lte=last)
    return _mark_read(events, user_id=user_id, data={"up_to": last}, now=now)


def _mark_read(events: QuerySet[Event], *, user_id: uuid.UUID, data: dict[str, int], now: datetime) -> int:
    """Mark as read, and send `inbox.read` to the user's open apps if anything was unread.

    Locks the counter first, as `notify` does when an event supersedes others.
    """
    lock_counters([user_id])
    newly_read = update_events(events.filter(wants_push=True, read_at=None), read_at=now)
    left = unread_count_of(user_id)
    withdraw_read(user_id=user_id, now=now)
    if newly_read:
        notify(notices=[Notice(user_id=user_id, event="inbox.read", data=data | {"unread": left})], now=now)
    return left
