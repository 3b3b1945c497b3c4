"""Closing pickups whose time is up, and warning of it in time."""

import uuid
from datetime import datetime

import structlog
from django.db import transaction

from geo.models import Pickup
from geo.services import pickup_notices
from geo.services.closing import expire_under_pickup_lock
from notifications.services.notify import notify

log = structlog.get_logger(__name__)
BATCH = 500


def expire_due_pickups(*, now: datetime, limit: int = BATCH) -> int:
    """Expire open pickups that are due, the longest overdue first, at most `limit`; returns how many.

    Each in a transaction of its own, so that one that cannot be expired holds up no other.
    """
    due = Pickup.objects.filter(status=Pickup.Status.OPEN, expires_at__lte=now).order_by("expires_at")
    return sum(_expire_safely(pickup_id, now) for pickup_id in list(due.values_list("pk", flat=True)[:limit]))


def _expire_safely(pickup_id: uuid.UUID, now: datetime) -> bool:
    try:
        return expire_pickup(pickup_id=pickup_id, now=now)
    except Exception:
        log.exception("expiry_failed", pickup=str(pickup_id))
        return False


@transaction.atomic
def expire_pickup(*, pickup_id: uuid.UUID, now: datetime) -> bool:
    """Expire one pickup and tell its resident and all who wait. False if it is not due, gone, or busy right now."""
    locked = Pickup.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    pickup = locked.filter(pk=pickup_id, status=Pickup.Status.OPEN, expires_at__lte=now).first()
    if pickup is None:
        return False
    notify(notices=expire_under_pickup_lock(pickup=pickup, now=now), now=now)
    return True


def warn_of_due_expiries(*, now: datetime, limit: int = BATCH) -> int:
    """Warn the residents of pickups that expire soon, once per expiry, at most `limit`; returns how many."""
    due = Pickup.objects.filter(status=Pickup.Status.OPEN, warn_at__lte=now).order_by("warn_at")
    return sum(_warn_safely(pickup_id, now) for pickup_id in list(due.values_list("pk", flat=True)[:limit]))


def _warn_safely(pickup_id: uuid.UUID, now: datetime) -> bool:
    try:
        return warn_of_expiry(pickup_id=pickup_id, now=now)
    except Exception:
        log.exception("warning_failed", pickup=str(pickup_id))
        return False


@transaction.atomic
def warn_of_expiry(*, pickup_id: uuid.UUID, now: datetime) -> bool:
    """Warn of one expiry. False if no warning is due, the pickup has gone, or is busy right now."""
    locked = Pickup.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    pickup = locked.filter(pk=pickup_id, status=Pickup.Status.OPEN, warn_at__lte=now).first()
    if pickup is None:
        return False
    pickup.warn_at = None
    pickup.save(update_fields=["warn_at"])
    # Where nobody looked in time, the expiry itself says it all.
    notify(notices=pickup_notices.of_warning(pickup=pickup) if pickup.is_open_at(now) else [], now=now)
    return True
