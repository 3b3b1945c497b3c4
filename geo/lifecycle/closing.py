"""Telling those who still waited that a pickup has gone."""

from datetime import datetime
from typing import Literal

from django.db.models import QuerySet

from geo.lifecycle import notices
from geo.lifecycle.transitions import move_pickup
from geo.matching.selectors.swipes import queued_likes
from geo.models import Collector, Pickup, Swipe
from notifications.services.notify import Notice

ClosingReason = Literal["cancelled", "expired", "handed_over", "hazardous"]


def close_waiting_likes(*, pickup: Pickup, reason: ClosingReason) -> list[Notice]:
    """Close every waiting or asked like of a locked pickup; returns what to tell, for the caller's one `notify`."""
    return _close(pickup, queued_likes(pickup.pk), reason)


def close_likes_without_badge(*, pickup: Pickup) -> list[Notice]:
    """Close the queued likes of those who may not take a locked hazardous pickup; returns what to tell."""
    badged = Collector.objects.filter(has_hazard_badge=True).values("pk")
    return _close(pickup, queued_likes(pickup.pk).exclude(collector_id__in=badged), "hazardous")


def _close(pickup: Pickup, likes: QuerySet[Swipe], reason: ClosingReason) -> list[Notice]:
    collector_ids = list(likes.values_list("collector_id", flat=True))
    if collector_ids:
        likes.update(like_state=Swipe.LikeState.CLOSED)
    return notices.of_close(pickup=pickup, collector_ids=collector_ids, reason=reason)


def expire_under_pickup_lock(*, pickup: Pickup, now: datetime) -> list[Notice]:
    """Expire a locked open pickup; returns what to tell, for the caller's one `notify`."""
    move_pickup(pickup=pickup, status=Pickup.Status.EXPIRED, now=now)
    return notices.of_expiry(pickup=pickup) + close_waiting_likes(pickup=pickup, reason="expired")
