"""A collector's swipe: a pass, a like that waits, or a like that matches at once."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from backend.shared.errors import NotFound
from backend.shared.rows import insert_together
from geo.errors import (
    CollectorProfileNeeded,
    LikeDeclined,
    LikeIsMatch,
    LikeReleased,
    OwnPickup,
    PickupClosed,
)
from geo.models import Match, Pickup, Swipe
from geo.selectors.matches import live_match_of
from geo.selectors.swipes import queue_position, standing_of
from geo.services import notices
from geo.services.claims import claim_if_plain
from geo.services.hazard import require_badge_for
from geo.services.limits import require_below_limit, require_few_given_back, require_not_paused, require_room_for_like
from geo.services.locks import lock_pickup_for_swiper, lock_queue_under_pickup_lock
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


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A locked pickup, what one collector said about it, and what decides over what he may say now."""

    pickup: Pickup
    collector_id: uuid.UUID
    swipe: Swipe | None
    is_blocked: bool
    has_profile: bool
    active_matches: int
    given_back: int
    paused_until: datetime | None
    now: datetime

    @property
    def is_match(self) -> bool:
        """Whether he is the one who is coming."""
        return self._is_in(State.MATCHED) and self.pickup.status == Pickup.Status.MATCHED

    @property
    def is_asked(self) -> bool:
        """Whether it is his turn, if he still wants it."""
        return self._is_in(State.ASKED)

    @property
    def queued_id(self) -> uuid.UUID | None:
        """The id of his like, while it is in the queue."""
        return self.swipe.pk if self.swipe and self.swipe.like_state in Swipe.QUEUED else None

    @property
    def is_waiting(self) -> bool:
        """Whether his like waits."""
        return self._is_in(State.WAITING)

    def _is_in(self, state: Swipe.LikeState) -> bool:
        return self.swipe is not None and self.swipe.like_state == state


def record_swipe(
    *, collector_id: uuid.UUID, pickup_id: uuid.UUID, direction: str, reason: str = "", now: datetime
) -> SwipeResult:
    """Say LIKE or PASS (with a `reason`) to a pickup. The same swipe again changes nothing and answers the same.

    A like again says yes when one is asked; a pass after a like that waits or is asked withdraws it; a like after
    a pass, or after one that lapsed, is a new like. Raises NotFound, OwnPickup,
    PickupClosed, LikeIsMatch, LikeDeclined, LikeReleased, CollectorProfileNeeded, Paused, TooManyLikes,
    TooManyMatches, TooManyGivenBack.
    """
    likes = direction == Swipe.Direction.LIKE
    claimed = claim_if_plain(collector_id=collector_id, pickup_id=pickup_id, now=now) if likes else None
    if claimed:
        return SwipeResult(swipe=claimed[0], match=claimed[1])
    return record_swipe_step_by_step(
        collector_id=collector_id, pickup_id=pickup_id, likes=likes, reason=reason, now=now
    )


@transaction.atomic
def record_swipe_step_by_step(
    *, collector_id: uuid.UUID, pickup_id: uuid.UUID, likes: bool, reason: str, now: datetime
) -> SwipeResult:
    """The same as `record_swipe`, under the locks that it takes itself."""
    stage = _set_stage(collector_id, pickup_id, now, to_like=likes)
    if stage.is_blocked:
        raise NotFound
    return _like(stage) if likes else _pass(stage, reason)


@transaction.atomic
def take_swipe_back(*, collector_id: uuid.UUID, pickup_id: uuid.UUID, now: datetime) -> None:
    """Rewind a pass, or withdraw a like that waits or is asked; nothing to take back is no error.

    One's own swipe can be taken back though one of the two has blocked the other.
    Raises NotFound, OwnPickup, PickupClosed, LikeIsMatch, LikeDeclined, LikeReleased.
    """
    stage = _set_stage(collector_id, pickup_id, now, to_like=False)
    if stage.is_blocked and stage.swipe is None:
        raise NotFound
    _require_swipeable(stage)
    if stage.swipe:
        was_asked, taken_back = _prepare_to_go_on(stage)
        stage.swipe.delete()
        _go_on(stage, was_asked=was_asked, taken_back=taken_back)


def _set_stage(collector_id: uuid.UUID, pickup_id: uuid.UUID, now: datetime, *, to_like: bool) -> Stage:
    """First all locks, then a look: what is read by the statement that waits for a lock may be old. Raises NotFound."""
    pickup, has_profile = lock_pickup_for_swiper(pickup_id=pickup_id, liked_by=collector_id if to_like else None)
    standing = standing_of(collector_id=collector_id, pickup=pickup, now=now)
    return Stage(
        pickup=pickup,
        collector_id=collector_id,
        swipe=standing.swipe,
        is_blocked=standing.is_blocked,
        has_profile=has_profile,
        active_matches=standing.active_matches,
        given_back=standing.given_back,
        paused_until=standing.paused_until,
        now=now,
    )


def _require_swipeable(stage: Stage) -> None:
    if stage.pickup.resident_id == stage.collector_id:
        raise OwnPickup
    if stage.is_match:
        raise LikeIsMatch
    # A match outlives the expiry, but to wait behind it is pointless: a release would expire the pickup.
    if stage.pickup.status not in LIKEABLE or stage.pickup.expires_at <= stage.now:
        raise PickupClosed
    if stage.swipe and stage.swipe.like_state in _FINAL:
        raise _FINAL[State(stage.swipe.like_state)]


def _pass(stage: Stage, reason: str) -> SwipeResult:
    _require_swipeable(stage)
    was_asked, taken_back = _prepare_to_go_on(stage)
    passed = _said(stage, Swipe.Direction.PASS, State.NONE, reason=reason)
    _store(passed)
    _go_on(stage, was_asked=was_asked, taken_back=taken_back)
    return SwipeResult(swipe=passed)


def _prepare_to_go_on(stage: Stage) -> tuple[bool, uuid.UUID | None]:
    """Whether it is his turn, with all locked who may be next; and the id of his like, while it is in the queue."""
    if stage.is_asked:
        lock_queue_under_pickup_lock(pickup_id=stage.pickup.pk)
    return stage.is_asked, stage.queued_id


def _go_on(stage: Stage, *, was_asked: bool, taken_back: uuid.UUID | None) -> None:
    """Who is asked and says no makes way for the next; the resident need not hear of a like that is gone."""
    if was_asked:
        told = pass_on_under_pickup_lock(pickup=stage.pickup, acting=stage.collector_id, now=stage.now)
        notify(notices=told, now=stage.now)
    if taken_back:
        notices.take_back_like_notice(pickup=stage.pickup, like_id=taken_back, now=stage.now)


def _like(stage: Stage) -> SwipeResult:
    if stage.swipe and stage.is_match:
        return SwipeResult(swipe=stage.swipe, match=live_match_of(stage.pickup.pk))
    _require_swipeable(stage)
    if not stage.has_profile:
        raise CollectorProfileNeeded
    require_not_paused(stage.paused_until, stage.now)
    require_badge_for(pickup=stage.pickup, collector_id=stage.collector_id)
    if stage.swipe and stage.is_asked:
        match = say_yes_under_pickup_lock(pickup=stage.pickup, like=stage.swipe, now=stage.now)
        return SwipeResult(swipe=stage.swipe, match=match)
    return _match(stage) if stage.pickup.takes_the_first else _wait(stage)


def _match(stage: Stage) -> SwipeResult:
    require_below_limit(active_matches=stage.active_matches)
    require_few_given_back(given_back=stage.given_back)
    # The match stores the number drawn here, with all else that changes of the pickup.
    like = _said(stage, Swipe.Direction.LIKE, State.MATCHED, queue_number=_place_of(stage))
    match = make_match_under_pickup_lock(pickup=stage.pickup, like=like, now=stage.now)
    notify(notices=notices.of_new_match(match=match, acting=stage.collector_id), now=stage.now)
    return SwipeResult(swipe=like, match=match)


def _wait(stage: Stage) -> SwipeResult:
    if stage.swipe and stage.is_waiting:
        return SwipeResult(swipe=stage.swipe, queue_position=queue_position(stage.swipe))
    require_room_for_like(collector_id=stage.collector_id, now=stage.now)
    like = _said(stage, Swipe.Direction.LIKE, State.WAITING, queue_number=_place_of(stage))
    stage.pickup.save(update_fields=["likes_counted"])
    _store(like)
    if stage.pickup.choose == Pickup.Choose.RESIDENT:
        notify(notices=notices.of_like(pickup=stage.pickup, like=like), now=stage.now)
    return SwipeResult(swipe=like, queue_position=queue_position(like))


def _place_of(stage: Stage) -> int:
    """A like that waits keeps its place when it is matched; one that lapsed begins again at the end."""
    if stage.swipe and stage.is_waiting and stage.swipe.queue_number:
        return stage.swipe.queue_number
    stage.pickup.likes_counted += 1
    return stage.pickup.likes_counted


def _said(
    stage: Stage,
    direction: Swipe.Direction,
    state: Swipe.LikeState,
    *,
    reason: str = "",
    queue_number: int | None = None,
) -> Swipe:
    """The swipe as it is to be stored: the one there is, or a new one."""
    swipe = stage.swipe or Swipe(pickup=stage.pickup, collector_id=stage.collector_id)
    swipe.direction, swipe.reason, swipe.like_state, swipe.queue_number = direction, reason, state, queue_number
    swipe.pickup_revision, swipe.swiped_at = stage.pickup.revision, stage.now
    return swipe


def _store(swipe: Swipe) -> None:
    """The pickup's lock keeps a second phone from adding another."""
    if swipe._state.adding:
        insert_together(swipe)
    else:
        swipe.save(update_fields=Swipe.CHANGEABLE)
