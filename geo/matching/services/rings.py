"""Notifying collectors of a new pickup, from near to far, until enough of them like it."""

import uuid
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction

from geo.lifecycle.locks import process_each
from geo.lifecycle.transitions import queued_likes
from geo.matching.selectors import Nearby, collectors_near
from geo.models import Pickup, Ring
from notifications.quiet_hours import QuietHours
from notifications.services.notify import Notice, notify

BATCH = 100


def start_rings(*, pickup: Pickup, now: datetime) -> None:
    """Schedule the first ring, as a row of the caller's transaction."""
    _, minutes = settings.RINGS[0]
    Ring.objects.create(pickup=pickup, due_at=_by_day(now + timedelta(minutes=minutes)))


def restart_rings(*, pickup: Pickup, now: datetime) -> None:
    """Schedule the rings of a pickup that is open again, from the first; nobody is notified a second time."""
    Ring.objects.update_or_create(pickup=pickup, defaults={"number": 0, "due_at": _by_day(now)})


def tell_due_rings(*, now: datetime, limit: int = BATCH) -> int:
    """Notify the rings that are due, the longest overdue first, at most `limit`; returns how many.

    Each has a transaction of its own, so that one failure does not stop the others.
    """
    due = Ring.objects.filter(due_at__lte=now).order_by("due_at")
    ids = list(due.values_list("pk", flat=True)[:limit])
    return process_each(step=tell_ring, pickup_ids=ids, now=now, failure="ring_failed")


@transaction.atomic
def tell_ring(*, pickup_id: uuid.UUID, now: datetime) -> bool:
    """Notify one ring of a pickup and schedule the next; none after the last, or when nobody more is needed.

    Locks only the ring, so that no like waits for hundreds of notices. False if it is not due, or locked by another.
    """
    locked = Ring.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    ring = locked.select_related("pickup").filter(pk=pickup_id, due_at__lte=now).first()
    if ring is None:
        return False
    if not ring.pickup.is_open_at(now) or queued_likes(ring.pickup.pk).count() >= settings.RING_LIKES_ENOUGH:
        _set_due(ring, None)
    elif (later := _by_day(ring.pickup.reserved_until or now)) > now:
        _set_due(ring, later)
    else:
        _tell(ring, now)
    return True


def _tell(ring: Ring, now: datetime) -> None:
    pickup = ring.pickup
    metres, minutes = settings.RINGS[ring.number]
    near = collectors_near(pickup, radius_m=metres, notified=ring.notified, now=now)
    ring.notified += [collector.user_id for collector in near]
    ring.number += 1
    later = settings.RINGS[ring.number :]
    ring.due_at = _by_day(now + timedelta(minutes=later[0][1] - minutes)) if later else None
    ring.save(update_fields=["number", "notified", "due_at"])
    notify(notices=[_notice(pickup, collector) for collector in near], now=now)


def _notice(pickup: Pickup, collector: Nearby) -> Notice:
    """`pickup.nearby`, with the collector's own distance; of several pickups only the newest is pushed."""
    return Notice(
        user_id=collector.user_id,
        event="pickup.nearby",
        data={
            "pickup": str(pickup.pk),
            "title": pickup.title,
            "kg": float(pickup.kg_estimate),
            "distance_m": collector.distance_m,
        },
        push=True,
        collapse_key="nearby",
        by=pickup.resident_id,
    )


def _set_due(ring: Ring, due_at: datetime | None) -> None:
    ring.due_at = due_at
    ring.save(update_fields=["due_at"])


def _by_day(at: datetime) -> datetime:
    """`at`, or the end of the city's quiet hours if it lies in them."""
    quiet = QuietHours(time.fromisoformat(settings.QUIET_FROM), time.fromisoformat(settings.QUIET_UNTIL))
    return quiet.end_after(at) if quiet.covers(at) else at
