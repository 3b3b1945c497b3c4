"""Reminding both of an agreed time: rows that a periodic task reads, made anew whenever the time changes."""

import uuid
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction

from backend.core.clock import city_zone
from geo.handover.services import notices
from geo.lifecycle.batches import do_one_by_one
from geo.lifecycle.locks import lock_match_under_pickup_lock
from geo.models import Handover, Match, Pickup, Reminder
from notifications.services.notify import notify

BATCH = 500


def plan_reminders(*, handover: Handover, now: datetime) -> None:
    """Remind both of the agreed time and of no other. A moment that has passed is left out; none comes twice."""
    drop_reminders(handover=handover)
    if handover.agreed_for is None:
        return
    Reminder.objects.bulk_create(
        [
            Reminder(handover=handover, kind=kind, about=handover.agreed_for, due_at=due_at)
            for kind, due_at in moments_before(handover.agreed_for)
            if due_at > now
        ],
        ignore_conflicts=True,
    )


def drop_reminders(*, handover: Handover) -> None:
    """Nobody is to be reminded any more."""
    Reminder.objects.filter(handover=handover, done_at=None).delete()


def moments_before(agreed_for: datetime) -> Iterator[tuple[Reminder.Kind, datetime]]:
    """When to remind of a time: on the evening of the city's day before, and so many minutes before."""
    zone = city_zone()
    day_before = agreed_for.astimezone(zone).date() - timedelta(days=1)
    yield Reminder.Kind.EVENING, datetime.combine(day_before, time.fromisoformat(settings.REMINDER_EVENING), zone)
    yield Reminder.Kind.HOUR, agreed_for - timedelta(minutes=settings.REMINDER_MINUTES)


def remind_where_due(*, now: datetime, limit: int = BATCH) -> int:
    """Remind of what is due, the longest overdue first, at most `limit` handovers; returns how many.

    Each in a transaction of its own, so that one that fails holds up no other.
    """
    due = Reminder.objects.filter(due_at__lte=now, done_at=None).order_by("due_at")
    ids = list(dict.fromkeys(due.values_list("handover__match__pickup", flat=True)[:limit]))
    return do_one_by_one(step=remind, pickup_ids=ids, now=now, failure="reminder_failed")


@transaction.atomic
def remind(*, pickup_id: uuid.UUID, now: datetime) -> bool:
    """Tell both of the due reminders of a pickup's match. False if there is none, or it is busy right now."""
    locked = Pickup.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    pickup = locked.filter(pk=pickup_id).first()
    if pickup is None:
        return False
    due = Reminder.objects.filter(handover__match__pickup=pickup, due_at__lte=now, done_at=None)
    handovers = {reminder.handover_id: reminder for reminder in due.order_by("due_at")}
    due.update(done_at=now)
    told = []
    for match_id, reminder in handovers.items():
        match = lock_match_under_pickup_lock(match_id=match_id, pickup=pickup)
        if _is_still_to_come(match, reminder, now):
            told += notices.of_reminder(match=match, reminder=reminder)
    notify(notices=told, now=now)
    return bool(handovers)


def _is_still_to_come(match: Match, reminder: Reminder, now: datetime) -> bool:
    if match.handover.weighed_at:
        # The two have met before the time.
        return False
    return match.status == Match.Status.ACTIVE and match.handover.agreed_for == reminder.about and reminder.about > now
