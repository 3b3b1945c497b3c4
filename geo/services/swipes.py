"""A collector's swipe: a pass, a like that waits, or a like that matches at once."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from backend.shared.errors import NotFound
from backend.shared.rows import insert_together
from geo.errors import LikeDeclined, LikeIsMatch, LikeReleased, OwnPickup, PickupClosed
from geo.models import Match, Pickup, Swipe
from geo.selectors.matches import live_match_of
from geo.selectors.swipes import queue_position, what_was_said
from geo.services import notices
from geo.services.limits import require_room_for_like, require_room_for_match
from geo.services.locks import lock_pickup_for_swiper
from geo.services.making import make_match_under_pickup_lock
from geo.services.queue import pass_on_under_pickup_lock, say_yes_under_pickup_lock
from notifications.services.notify import notify

State = Swipe.LikeState
LIKEABLE = (Pickup.Status.OPEN, Pickup.Status.MATCHED)
_FINAL = {State.DECLINED: LikeDeclined, State.RELEASED: LikeReleased}


@dataclass(frozen=True, kw_only=True)
class SwipeResult:
    """A pass has neither; a like has its match, or its place in the queue counted from 1."""

    swipe: Swipe
    match: Match | None = None
    queue_position: int | None = None


@transaction.atomic
def record_swipe(
    *, collector_id: uuid.UUID, pickup_id: uuid.UUID, direction: str, reason: str = "", now: datetime
) -> SwipeResult:
    """Say LIKE or PASS (with a `reason`) to a pickup. The same swipe again changes nothing and answers the same.

    A like again says yes when one is asked; a pass after a like that waits or is asked withdraws it; a like after
    a pass, or after one that lapsed, is a new like. Raises NotFound, OwnPickup,
    PickupClosed, LikeIsMatch, LikeDeclined, LikeReleased, CollectorProfileNeeded, TooManyLikes, TooManyMatches.
    """
    pickup = lock_pickup_for_swiper(pickup_id=pickup_id)
    swipe, is_blocked = what_was_said(collector_id=collector_id, pickup=pickup)
    if is_blocked:
        raise NotFound
    if direction == Swipe.Direction.LIKE and swipe and _is_matched(pickup, swipe):
        return SwipeResult(swipe=swipe, match=live_match_of(pickup.pk))
    _require_swipeable(pickup, swipe, collector_id, now)
    was_asked = _is_asked(swipe)
    if direction == Swipe.Direction.PASS:
        taken_back = _queued_id_of(swipe)
        result = SwipeResult(swipe=_put_pass(pickup, swipe, collector_id, reason, now))
        _pass_on_if(was_asked, pickup, collector_id, now)
        _take_back_notice_of(taken_back, pickup, now)
        return result
    if swipe and was_asked:
        return SwipeResult(swipe=swipe, match=say_yes_under_pickup_lock(pickup=pickup, like=swipe, now=now))
    if pickup.takes_the_first:
        return _like_and_match(pickup, swipe, collector_id, now)
    return _like_and_wait(pickup, swipe, collector_id, now)


@transaction.atomic
def take_swipe_back(*, collector_id: uuid.UUID, pickup_id: uuid.UUID, now: datetime) -> None:
    """Rewind a pass, or withdraw a like that waits or is asked; nothing to take back is no error.

    One's own swipe can be taken back though one of the two has blocked the other.
    Raises NotFound, OwnPickup, PickupClosed, LikeIsMatch, LikeDeclined, LikeReleased.
    """
    pickup = lock_pickup_for_swiper(pickup_id=pickup_id)
    swipe, is_blocked = what_was_said(collector_id=collector_id, pickup=pickup)
    if is_blocked and swipe is None:
        raise NotFound
    _require_swipeable(pickup, swipe, collector_id, now)
    if swipe:
        taken_back = _queued_id_of(swipe)
        was_asked = _is_asked(swipe)
        swipe.delete()
        _pass_on_if(was_asked, pickup, collector_id, now)
        _take_back_notice_of(taken_back, pickup, now)


def _is_matched(pickup: Pickup, swipe: Swipe) -> bool:
    return swipe.like_state == State.MATCHED and pickup.status == Pickup.Status.MATCHED


def _is_asked(swipe: Swipe | None) -> bool:
    return swipe is not None and swipe.like_state == State.ASKED


def _queued_id_of(swipe: Swipe | None) -> uuid.UUID | None:
    return swipe.pk if swipe and swipe.like_state in Swipe.QUEUED else None


def _take_back_notice_of(like_id: uuid.UUID | None, pickup: Pickup, now: datetime) -> None:
    if like_id:
        notices.take_back_like_notice(pickup=pickup, like_id=like_id, now=now)


def _pass_on_if(was_asked: bool, pickup: Pickup, acting: uuid.UUID, now: datetime) -> None:
    """Who is asked and says no makes way for the next."""
    if was_asked:
        notify(notices=pass_on_under_pickup_lock(pickup=pickup, acting=acting, now=now), now=now)


def _require_swipeable(pickup: Pickup, swipe: Swipe | None, collector_id: uuid.UUID, now: datetime) -> None:
    if pickup.resident_id == collector_id:
        raise OwnPickup
    if swipe and _is_matched(pickup, swipe):
        raise LikeIsMatch
    # A match outlives the expiry, but to wait behind it is pointless: a release would expire the pickup.
    if pickup.status not in LIKEABLE or pickup.expires_at <= now:
        raise PickupClosed
    if swipe and swipe.like_state in _FINAL:
        raise _FINAL[State(swipe.like_state)]


def _put_pass(pickup: Pickup, swipe: Swipe | None, collector_id: uuid.UUID, reason: str, now: datetime) -> Swipe:
    passed = _changed(
        swipe,
        pickup=pickup,
        collector_id=collector_id,
        direction=Swipe.Direction.PASS,
        reason=reason,
        like_state=State.NONE,
        queue_number=None,
        pickup_revision=pickup.revision,
        swiped_at=now,
    )
    _store(passed)
    return passed


def _like_and_match(pickup: Pickup, swipe: Swipe | None, collector_id: uuid.UUID, now: datetime) -> SwipeResult:
    require_room_for_match(collector_id=collector_id)
    # The match stores the number drawn here, with all else that changes of the pickup.
    like = _as_like(pickup, swipe, collector_id, State.MATCHED, now)
    match = make_match_under_pickup_lock(pickup=pickup, like=like, now=now)
    notify(notices=notices.of_new_match(match=match, acting=collector_id), now=now)
    return SwipeResult(swipe=like, match=match)


def _like_and_wait(pickup: Pickup, swipe: Swipe | None, collector_id: uuid.UUID, now: datetime) -> SwipeResult:
    if swipe and swipe.like_state == State.WAITING:
        return SwipeResult(swipe=swipe, queue_position=queue_position(swipe))
    require_room_for_like(collector_id=collector_id)
    like = _as_like(pickup, swipe, collector_id, State.WAITING, now)
    pickup.save(update_fields=["likes_counted"])
    _store(like)
    if pickup.choose == Pickup.Choose.RESIDENT:
        notify(notices=notices.of_like(pickup=pickup, like=like), now=now)
    return SwipeResult(swipe=like, queue_position=queue_position(like))


def _as_like(
    pickup: Pickup, swipe: Swipe | None, collector_id: uuid.UUID, state: Swipe.LikeState, now: datetime
) -> Swipe:
    # A like that waits keeps its place when it is matched; one that lapsed begins again at the end.
    keeps_place = swipe and swipe.like_state == State.WAITING
    return _changed(
        swipe,
        pickup=pickup,
        collector_id=collector_id,
        direction=Swipe.Direction.LIKE,
        reason="",
        like_state=state,
        queue_number=swipe.queue_number if swipe and keeps_place else _next_queue_number(pickup),
        pickup_revision=pickup.revision,
        swiped_at=now,
    )


def _next_queue_number(pickup: Pickup) -> int:
    pickup.likes_counted += 1
    return pickup.likes_counted


def _changed(swipe: Swipe | None, **fields: Any) -> Swipe:
    """The swipe there is, or a new one, not stored yet."""
    swipe = swipe or Swipe()
    for name, value in fields.items():
        setattr(swipe, name, value)
    return swipe


def _store(swipe: Swipe) -> None:
    """The pickup's lock keeps a second phone from adding another."""
    if swipe._state.adding:
        insert_together(swipe)
    else:
        swipe.save(update_fields=Swipe.CHANGEABLE)
