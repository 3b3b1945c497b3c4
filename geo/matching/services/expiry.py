"""Expiring pickups, and warning their residents before."""

import uuid
from datetime import datetime

from django.db import transaction

from geo.lifecycle import notices
from geo.lifecycle.locks import lock_due_pickup, process_each
from geo.lifecycle.transitions import expire_under_pickup_lock
from geo.models import Pickup
from notifications.services.notify import Notice, notify

BATCH = 500
EXPIRE = (Pickup.Status.OPEN, Pickup.Status.ON_HOLD)


def expire_due_pickups(*, now: datetime, limit: int = BATCH) -> int:
    """Expire pickups that are due, open or on hold, the longest overdue first, at most `limit`; returns how many.

    Each has a transaction of its own, so that one failure does not stop the others.
    """
    due = Pickup.objects.filter(status__in=EXPIRE, expires_at__lte=now).order_by("expires_at")
    ids = list(due.values_list("pk", flat=True)[:limit])
    return process_each(step=expire_pickup, pickup_ids=ids, now=now, failure="expiry_failed")


@transaction.atomic
def expire_pickup(*, pickup_id: uuid.UUID, now: datetime) -> bool:
    """Expire one pickup; notify its resident and its queue. False if it is not due, or locked by another."""
    pickup = lock_due_pickup(pickup_id=pickup_id, status__in=EXPIRE, expires_at__lte=now)
    if pickup is None:
        return False
    notify(notices=expire_under_pickup_lock(pickup=pickup, now=now), now=now)
    return True


def warn_of_due_expiries(*, now: datetime, limit: int = BATCH) -> int:
    """Warn the residents of pickups that expire soon, once per expiry, at most `limit`; returns how many."""
    due = Pickup.objects.filter(status=Pickup.Status.OPEN, warn_at__lte=now).order_by("warn_at")
    ids = list(due.values_list("pk", flat=True)[:limit])
    return process_each(step=warn_of_expiry, pickup_ids=ids, now=now, failure="warning_failed")


@transaction.atomic
def warn_of_expiry(*, pickup_id: uuid.UUID, now: datetime) -> bool:
    """Warn of one expiry. False if no warning is due, or the pickup is locked by another."""
    pickup = lock_due_pickup(pickup_id=pickup_id, status=Pickup.Status.OPEN, warn_at__lte=now)
    if pickup is None:
        return False
    pickup.warn_at = None
    pickup.save(update_fields=["warn_at"])
    # A worker that comes after the expiry only clears the warning.
    if pickup.is_open_at(now):
        data = {"pickup": str(pickup.pk), "title": pickup.title, "expires_at": notices.format_utc(pickup.expires_at)}
        notify(notices=[Notice(user_id=pickup.resident_id, event="pickup.expiring", data=data, push=True)], now=now)
    return True
