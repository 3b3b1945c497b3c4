"""Accepting and declining likes, by the resident."""

import uuid
from datetime import datetime

from django.db import transaction

from backend.accounts.selectors import has_block_between
from backend.core.errors import NotFound
from geo.errors import CollectorAtLimit, LikeNotWaiting, PickupClosed, PickupReserved, PickupTaken
from geo.lifecycle import notices
from geo.lifecycle.locks import lock_own_pickup
from geo.lifecycle.matches import live_match_of
from geo.matching.services.matches import (
    collectors_with_room,
    make_match_under_pickup_lock,
    pass_on_under_pickup_lock,
)
from geo.materials.safety import require_badge_for
from geo.models import Match, Pickup, Swipe
from notifications.services.notify import notify

State = Swipe.LikeState


@transaction.atomic
def accept_like(*, resident_id: uuid.UUID, pickup_id: uuid.UUID, like_id: uuid.UUID, now: datetime) -> Match:
    """Match an open pickup with a waiting like. Accepting twice returns the same match.

    Raises NotFound, PickupTaken, PickupClosed, PickupReserved, LikeNotWaiting, CollectorAtLimit.
    """
    pickup = lock_own_pickup(pickup_id=pickup_id, resident_id=resident_id)
    like = _like_on(pickup, like_id)
    match = live_match_of(pickup.pk)
    if match and match.collector_id == like.collector_id:
        return match
    _require_acceptable(pickup, like, now)
    match = make_match_under_pickup_lock(pickup=pickup, like=like, now=now)
    notify(notices=notices.of_new_match(match=match, acting=resident_id), now=now)
    return match


@transaction.atomic
def decline_like(*, resident_id: uuid.UUID, pickup_id: uuid.UUID, like_id: uuid.UUID, now: datetime) -> None:
    """Decline a like in the queue. If its collector was to confirm, the pickup is passed on.

    Declining twice changes nothing. Raises NotFound, LikeNotWaiting.
    """
    pickup = lock_own_pickup(pickup_id=pickup_id, resident_id=resident_id)
    like = _like_on(pickup, like_id)
    if like.like_state == State.DECLINED:
        return
    was_asked = like.like_state == State.ASKED
    if not (was_asked or like.like_state == State.WAITING):
        raise LikeNotWaiting
    like.like_state = State.DECLINED
    like.save(update_fields=["like_state"])
    declined = notices.of_decline(pickup=pickup, collector_id=like.collector_id)
    if was_asked:
        declined += pass_on_under_pickup_lock(pickup=pickup, acting=resident_id, now=now)
    notify(notices=declined, now=now)
    notices.withdraw_like_notice(pickup=pickup, like_id=like.pk, now=now)


def _like_on(pickup: Pickup, like_id: uuid.UUID) -> Swipe:
    likes = Swipe.objects.filter(pickup=pickup, direction=Swipe.Direction.LIKE, collector__is_active=True)
    like = likes.filter(pk=like_id).first()
    if like is None or has_block_between(pickup.resident_id, [like.collector_id]):
        raise NotFound
    return like


def _require_acceptable(pickup: Pickup, like: Swipe, now: datetime) -> None:
    if pickup.status == Pickup.Status.MATCHED:
        raise PickupTaken
    if not pickup.is_open_at(now):
        raise PickupClosed
    if pickup.reserved_until:
        raise PickupReserved
    if like.like_state != State.WAITING:
        raise LikeNotWaiting
    require_badge_for(pickup=pickup, collector_id=like.collector_id)
    if like.collector_id not in collectors_with_room(user_ids=[like.collector_id], now=now):
        raise CollectorAtLimit
