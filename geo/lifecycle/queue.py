"""The queue of likes behind a pickup: reading it, and closing it when the pickup is no longer to be had."""

import uuid
from datetime import datetime
from typing import Literal

from django.db.models import QuerySet

from geo.lifecycle import notices
from geo.lifecycle.transitions import move_pickup
from geo.models import Collector, Pickup, Swipe
from notifications.services.notify import Notice

ClosingReason = Literal["cancelled", "expired", "handed_over", "hazardous"]


def waiting_likes(pickup_id: uuid.UUID) -> QuerySet[Swipe]:
    """The waiting likes of a pickup, in queue order."""
    waiting = Swipe.objects.filter(pickup_id=pickup_id, like_state=Swipe.LikeState.WAITING)
    return waiting.order_by("queue_number")


def queued_likes(pickup_id: uuid.UUID) -> QuerySet[Swipe]:
    """The waiting and asked likes of a pickup, in queue order."""
    return Swipe.objects.filter(pickup_id=pickup_id, like_state__in=Swipe.QUEUED).order_by("queue_number")


def queue_position(like: Swipe) -> int:
    """The place of a like in the queue, counted from 1."""
    return queued_likes(like.pickup_id).filter(queue_number__lte=like.queue_number).count()


def close_waiting_likes(*, pickup: Pickup, reason: ClosingReason) -> list[Notice]:
    """Close every waiting or asked like of a locked pickup; returns the notices for the caller's one `notify`."""
    return _close(pickup, queued_likes(pickup.pk), reason)


def close_likes_without_badge(*, pickup: Pickup) -> list[Notice]:
    """Close the queued likes on a locked hazardous pickup of collectors without the badge; returns the notices."""
    badged = Collector.objects.filter(has_hazard_badge=True).values("pk")
    return _close(pickup, queued_likes(pickup.pk).exclude(collector_id__in=badged), "hazardous")


def expire_under_pickup_lock(*, pickup: Pickup, now: datetime) -> list[Notice]:
    """Expire a locked open pickup and close its queue; returns the notices for the caller's one `notify`."""
    move_pickup(pickup=pickup, status=Pickup.Status.EXPIRED, now=now)
    return notices.of_expiry(pickup=pickup) + close_waiting_likes(pickup=pickup, reason="expired")


def _close(pickup: Pickup, likes: QuerySet[Swipe], reason: ClosingReason) -> list[Notice]:
    collector_ids = list(likes.values_list("collector_id", flat=True))
    if collector_ids:
        likes.update(like_state=Swipe.LikeState.CLOSED)
    return notices.of_close(pickup=pickup, collector_ids=collector_ids, reason=reason)
