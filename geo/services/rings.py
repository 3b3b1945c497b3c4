"""Making a new pickup known, from near to far, until it has found enough people."""

import uuid
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction

from geo.models import Pickup, Ring, Swipe
from geo.selectors.rings import collectors_near
from geo.services import pickup_notices
from geo.services.one_by_one import do_one_by_one
from notifications.quiet import QuietHours
from notifications.services.notify import notify

BATCH = 100


def start_rings(*, pickup: Pickup, now: datetime) -> None:
    """Let the first ring be told when it is due, as a row of the caller's transaction."""
    _, minutes = settings.RINGS[0]
    Ring.objects.create(pickup=pickup, due_at=_by_day(now + timedelta(minutes=minutes)))


def tell_due_rings(*, now: datetime, limit: int = BATCH) -> int:
    """Tell the rings that are due, the longest overdue first, at most `limit`; returns how many.

    Each in a transaction of its own, so that one that cannot be told holds up no other.
    """
    due = Ring.objects.filter(due_at__lte=now).order_by("due_at")
    ids = list(due.values_list("pk", flat=True)[:limit])
    return do_one_by_one(step=tell_ring, pickup_ids=ids, now=now, failure="ring_failed")


@transaction.atomic
def tell_ring(*, pickup_id: uuid.UUID, now: datetime) -> bool:
    """Tell one ring of a pickup and set the next; the last, or a pickup that needs nobody any more, ends it.

    Only the ring is locked, so that no like waits for hundreds of notices. False if it is not due or busy right now.
    """
    locked = Ring.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    ring = locked.select_related("pickup").filter(pk=pickup_id, due_at__lte=now).first()
    if ring is None:
        return False
    if not _needs_more(ring.pickup, now):
        ring.delete()
    elif (later := _by_day(ring.pickup.reserved_until or now)) > now:
        _put_off(ring, later)
    else:
        _tell(ring, now)
    return True


def _needs_more(pickup: Pickup, now: datetime) -> bool:
    likes = Swipe.objects.filter(pickup=pickup, direction=Swipe.Direction.LIKE)
    return pickup.is_open_at(now) and likes.count() < settings.RING_LIKES_ENOUGH


def _tell(ring: Ring, now: datetime) -> None:
    pickup = ring.pickup
    metres, minutes = settings.RINGS[ring.number]
    near = collectors_near(pickup, radius_m=metres, told=ring.told, now=now)
    if ring.number + 1 < len(settings.RINGS):
        wait = timedelta(minutes=settings.RINGS[ring.number + 1][1] - minutes)
        ring.number += 1
        ring.told += [collector.user_id for collector in near]
        ring.due_at = _by_day(now + wait)
        ring.save(update_fields=["number", "told", "due_at"])
    else:
        ring.delete()
    notify(notices=pickup_notices.of_nearness(pickup=pickup, collectors=near), now=now)


def _put_off(ring: Ring, until: datetime) -> None:
    ring.due_at = until
    ring.save(update_fields=["due_at"])


def _by_day(at: datetime) -> datetime:
    """`at`, or the end of the city's quiet hours if it lies in them."""
    quiet = QuietHours(time.fromisoformat(settings.QUIET_FROM), time.fromisoformat(settings.QUIET_UNTIL))
    return quiet.end_after(at) if quiet.covers(at) else at
