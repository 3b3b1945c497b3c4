"""Making a new pickup known, from near to far, until it has found enough people."""

import uuid
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction

from geo.lifecycle.locks import process_each
from geo.lifecycle.transitions import queued_likes
from geo.matching.selectors.rings import collectors_near
from geo.matching.services import notices as pickup_notices
from geo.models import Pickup, Ring
from notifications.quiet_hours import QuietHours
from notifications.services.notify import notify

BATCH = 100


def start_rings(*, pickup: Pickup, now: datetime) -> None:
    """Let the first ring be told when it is due, as a row of the caller's transaction."""
    _, minutes = settings.RINGS[0]
    Ring.objects.create(pickup=pickup, due_at=_by_day(now + timedelta(minutes=minutes)))


def start_rings_anew(*, pickup: Pickup, now: datetime) -> None:
    """Make a pickup known that is open to everybody again, from near to far, without those who were told before."""
    Ring.objects.update_or_create(pickup=pickup, defaults={"number": 0, "due_at": _by_day(now)})


def tell_due_rings(*, now: datetime, limit: int = BATCH) -> int:
    """Tell the rings that are due, the longest overdue first, at most `limit`; returns how many.

    Each in a transaction of its own, so that one that cannot be told holds up no other.
    """
    due = Ring.objects.filter(due_at__lte=now).order_by("due_at")
    ids = list(due.values_list("pk", flat=True)[:limit])
    return process_each(step=tell_ring, pickup_ids=ids, now=now, failure="ring_failed")


@transaction.atomic
def tell_ring(*, pickup_id: uuid.UUID, now: datetime) -> bool:
    """Tell one ring of a pickup and set the next; none is set after the last, or where nobody more is needed.

    Only the ring is locked, so that no like waits for hundreds of notices. False if it is not due or busy right now.
    """
    locked = Ring.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    ring = locked.select_related("pickup").filter(pk=pickup_id, due_at__lte=now).first()
    if ring is None:
        return False
    if not _needs_more(ring.pickup, now):
        _set_due(ring, None)
    elif (later := _by_day(ring.pickup.reserved_until or now)) > now:
        _set_due(ring, later)
    else:
        _tell(ring, now)
    return True


def _needs_more(pickup: Pickup, now: datetime) -> bool:
    return pickup.is_open_at(now) and queued_likes(pickup.pk).count() < settings.RING_LIKES_ENOUGH


def _tell(ring: Ring, now: datetime) -> None:
    pickup = ring.pickup
    metres, minutes = settings.RINGS[ring.number]
    near = collectors_near(pickup, radius_m=metres, told=ring.told, now=now)
    ring.told += [collector.user_id for collector in near]
    ring.number += 1
    later = settings.RINGS[ring.number :]
    ring.due_at = _by_day(now + timedelta(minutes=later[0][1] - minutes)) if later else None
    ring.save(update_fields=["number", "told", "due_at"])
    notify(notices=pickup_notices.of_nearness(pickup=pickup, collectors=near), now=now)


def _set_due(ring: Ring, due_at: datetime | None) -> None:
    ring.due_at = due_at
    ring.save(update_fields=["due_at"])


def _by_day(at: datetime) -> datetime:
    """`at`, or the end of the city's quiet hours if it lies in them."""
    quiet = QuietHours(time.fromisoformat(settings.QUIET_FROM), time.fromisoformat(settings.QUIET_UNTIL))
    return quiet.end_after(at) if quiet.covers(at) else at
