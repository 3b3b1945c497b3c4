"""Telling those who still waited that a pickup has gone."""

from datetime import datetime
from typing import Literal

from geo.models import Pickup, Swipe
from geo.services import notices
from geo.services.transitions import move_pickup
from notifications.services.notify import Notice

ClosingReason = Literal["cancelled", "expired", "handed_over"]


def close_waiting_likes(*, pickup: Pickup, reason: ClosingReason) -> list[Notice]:
    """Close every waiting or asked like of a locked pickup; returns what to tell, for the caller's one `notify`."""
    waiting = Swipe.objects.filter(pickup=pickup, like_state__in=Swipe.QUEUED)
    collector_ids = list(waiting.order_by("queue_number").values_list("collector_id", flat=True))
    if collector_ids:
        waiting.update(like_state=Swipe.LikeState.CLOSED)
    return notices.of_close(pickup=pickup, collector_ids=collector_ids, reason=reason)


def expire_under_pickup_lock(*, pickup: Pickup, now: datetime) -> list[Notice]:
    """Expire a locked open pickup; returns what to tell, for the caller's one `notify`."""
    move_pickup(pickup=pickup, status=Pickup.Status.EXPIRED, now=now)
    return notices.of_expiry(pickup=pickup) + close_waiting_likes(pickup=pickup, reason="expired")
