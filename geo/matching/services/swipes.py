"""A collector's swipe: a pass, a like that waits, or a like that matches at once."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from backend.core.db.prepared import fetch_prepared
from backend.core.errors import NotFound
from geo.errors import CollectorProfileNeeded, LikeDeclined, LikeIsMatch, LikeReleased, OwnPickup, PickupClosed
from geo.lifecycle import notices
from geo.lifecycle.locks import lock_pickup_for_swipe
from geo.lifecycle.matches import live_match_of
from geo.lifecycle.transitions import queue_position
from geo.matching.selectors import SwipeFacts, facts_of_waiting_like, swipe_facts_of
from geo.matching.services.matches import (
    make_match_under_pickup_lock,
    pass_on_under_pickup_lock,
    require_below_limit,
    require_few_given_back,
    require_few_likes,
    require_not_paused,
    save_swipe,
)
from geo.materials.safety import require_badge_for
from geo.models import Match, Pickup, Swipe
from notifications.services.notify import notify

State = Swipe.LikeState
_COUNT_LIKE = "UPDATE geo_pickup SET likes_counted = %(likes_counted)s WHERE id = %(pickup)s RETURNING id"
LIKEABLE = (Pickup.Status.OPEN, Pickup.Status.MATCHED)
_FINAL = {State.DECLINED: LikeDeclined, State.RELEASED: LikeReleased}


@dataclass(frozen=True, kw_only=True)
class SwipeResult:
    """A pass has neither a match nor a position; a like has its match, or its position in the queue, from 1."""

    swipe: Swipe
    match: Match | None = None
    queue_position: int | None = None


@dataclass(frozen=True, kw_only=True)
class SwipeContext:
    """A locked pickup, the collector who swipes it, and what decides what the collector may do."""

    pickup: Pickup
    collector_id: uuid.UUID
    has_profile: bool
    facts: SwipeFacts
    now: datetime

    @property
    def swipe(self) -> Swipe | None:
        """The collector's earlier swipe on this pickup."""
        return self.facts.swipe

    @property
    def is_match(self) -> bool:
        """Whether the collector holds the pickup's match."""
        return self._is_in(State.MATCHED) and self.pickup.status == Pickup.Status.MATCHED

    @property
    def is_asked(self) -> bool:
        """Whether the collector is the runner-up who is being asked."""
        return self._is_in(State.ASKED)

    @property
    def is_waiting(self) -> bool:
        return self._is_in(State.WAITING)

    @property
    def queued_id(self) -> uuid.UUID | None:
        """The id of the collector's like while it is in the queue."""
        return self.swipe.pk if self.swipe and self.swipe.like_state in Swipe.QUEUED else None

    def _is_in(self, state: Swipe.LikeState) -> bool:
        return self.swipe is not None and self.swipe.like_state == state


@transaction.atomic
def record_swipe(
    *, collector_id: uuid.UUID, pickup_id: uuid.UUID, direction: str, reason: str = "", now: datetime
) -> SwipeResult:
    """Record a like, or a pass with a `reason`. The same swipe again changes nothing and returns the same.

    A like of the runner-up who must confirm makes the match. A pass withdraws a like that waits or must be confirmed. A
    like after a pass, or after a like that lapsed, is a new like.
    `tests/geo/matching/test_like_refusals.py` has every refusal.
    """
    is_like = direction == Swipe.Direction.LIKE
    context = _load_context(collector_id, pickup_id, now, is_like=is_like)
    if context.facts.is_blocked:
        raise NotFound
    return _like(context) if is_like else _pass(context, reason)


@transaction.atomic
def take_swipe_back(*, collector_id: uuid.UUID, pickup_id: uuid.UUID, now: datetime) -> None:
    """Delete a pass, or a like that waits or must be confirmed. Without a swipe it does nothing.

    A block does not keep a collector from taking back an earlier swipe.
    Raises NotFound, OwnPickup, PickupClosed, LikeIsMatch, LikeDeclined, LikeReleased.
    """
    context = _load_context(collector_id, pickup_id, now, is_like=False)
    if context.facts.is_blocked and context.swipe is None:
        raise NotFound
    _require_swipeable(context)
    if context.swipe:
        was_asked, queued_id = context.is_asked, context.queued_id
        context.swipe.delete()
        _leave_queue(context, was_asked=was_asked, like_id=queued_id)


def _load_context(collector_id: uuid.UUID, pickup_id: uuid.UUID, now: datetime, *, is_like: bool) -> SwipeContext:
    """Take all locks, then read: a statement that waits for a lock may see old rows. Raises NotFound."""
    pickup, has_profile = lock_pickup_for_swipe(pickup_id=pickup_id, liked_by=collector_id if is_like else None)
    facts = swipe_facts_of(collector_id=collector_id, pickup=pickup, now=now)
    pickup.is_hazardous = facts.is_hazardous
    return SwipeContext(pickup=pickup, collector_id=collector_id, has_profile=has_profile, facts=facts, now=now)


def _require_swipeable(context: SwipeContext) -> None:
    if context.pickup.resident_id == context.collector_id:
        raise OwnPickup
    if context.is_match:
        raise LikeIsMatch
    # A match outlives the expiry, but waiting behind it is pointless: a release would expire the pickup.
    if context.pickup.status not in LIKEABLE or context.pickup.expires_at <= context.now:
        raise PickupClosed
    if context.swipe and context.swipe.like_state in _FINAL:
        raise _FINAL[State(context.swipe.like_state)]


def _pass(context: SwipeContext, reason: str) -> SwipeResult:
    _require_swipeable(context)
    was_asked, queued_id = context.is_asked, context.queued_id
    swipe = _build_swipe(context, Swipe.Direction.PASS, State.NONE, reason=reason)
    save_swipe(swipe)
    _leave_queue(context, was_asked=was_asked, like_id=queued_id)
    return SwipeResult(swipe=swipe)


def _leave_queue(context: SwipeContext, *, was_asked: bool, like_id: uuid.UUID | None) -> None:
    """Pass the pickup on if the collector was to confirm, and withdraw the resident's notice of a queued like."""
    if was_asked:
        passed_on = pass_on_under_pickup_lock(pickup=context.pickup, acting=context.collector_id, now=context.now)
        notify(notices=passed_on, now=context.now)
    if like_id:
        notices.withdraw_like_notice(pickup=context.pickup, like_id=like_id, now=context.now)


def _like(context: SwipeContext) -> SwipeResult:
    if context.swipe and context.is_match:
        return SwipeResult(swipe=context.swipe, match=live_match_of(context.pickup.pk))
    _require_swipeable(context)
    if not context.has_profile:
        raise CollectorProfileNeeded
    require_not_paused(context.facts.paused_until, context.now)
    require_badge_for(pickup=context.pickup, collector_id=context.collector_id)
    takes_match = context.is_asked or context.pickup.takes_the_first
    return _match(context) if takes_match else _wait(context)


def _match(context: SwipeContext) -> SwipeResult:
    require_below_limit(active_matches=context.facts.active_matches)
    if context.swipe and context.is_asked:
        like = context.swipe
    else:
        require_few_given_back(given_back=context.facts.given_back)
        # `move_pickup` stores the queue number drawn here with the pickup's new status.
        like = _build_swipe(context, Swipe.Direction.LIKE, State.MATCHED, queue_number=_queue_number(context))
    match = make_match_under_pickup_lock(pickup=context.pickup, like=like, now=context.now)
    notify(notices=notices.of_new_match(match=match, acting=context.collector_id), now=context.now)
    return SwipeResult(swipe=like, match=match)


def _wait(context: SwipeContext) -> SwipeResult:
    if context.swipe and context.is_waiting:
        return SwipeResult(swipe=context.swipe, queue_position=queue_position(context.swipe))
    waiting, distance_m = facts_of_waiting_like(collector_id=context.collector_id, pickup_id=context.pickup.pk)
    require_few_likes(waiting=waiting)
    like = _build_swipe(context, Swipe.Direction.LIKE, State.WAITING, queue_number=_queue_number(context))
    like.distance_m = distance_m
    fetch_prepared(_COUNT_LIKE, {"pickup": context.pickup.pk, "likes_counted": context.pickup.likes_counted})
    save_swipe(like)
    if context.pickup.choose == Pickup.Choose.RESIDENT:
        notify(notices=notices.of_like(pickup=context.pickup, like=like), now=context.now)
    return SwipeResult(swipe=like, queue_position=queue_position(like))


def _queue_number(context: SwipeContext) -> int:
    """A waiting like keeps its number when it is matched; a like that lapsed gets a new one."""
    if context.swipe and context.is_waiting and context.swipe.queue_number:
        return context.swipe.queue_number
    context.pickup.likes_counted += 1
    return context.pickup.likes_counted


def _build_swipe(
    context: SwipeContext,
    direction: Swipe.Direction,
    state: Swipe.LikeState,
    *,
    reason: str = "",
    queue_number: int | None = None,
) -> Swipe:
    """The swipe as it will be stored: the earlier one with new values, or a new one."""
    swipe = context.swipe or Swipe(pickup=context.pickup, collector_id=context.collector_id)
    swipe.direction, swipe.reason, swipe.like_state, swipe.queue_number = direction, reason, state, queue_number
    swipe.distance_m = None
    swipe.pickup_revision, swipe.swiped_at = context.pickup.revision, context.now
    return swipe
