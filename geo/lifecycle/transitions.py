"""Transitions of pickups, matches and handovers, by the tables on their models, and the queue of likes they close."""

import uuid
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db.models import QuerySet
from prometheus_client import Counter

from backend.core.db.prepared import fetch_prepared
from backend.core.errors import DomainError
from backend.core.metrics import count_on_commit
from backend.core.redis.card_presence import publish_closed_on_commit
from backend.core.redis.nudges import Frame
from chat.services.conversations import close_conversation
from geo.errors import PickupClosed, PickupTaken
from geo.handover_errors import (
    AlreadyWeighed,
    MatchOver,
    NotArrived,
    NothingProposed,
    NotWeighed,
    TimeNotAgreed,
    WeighInDisputed,
)
from geo.lifecycle import notices
from geo.models import STEPS, Collector, Handover, HandoverState, Match, Pickup, Reminder, Ring, Step, Swipe
from notifications.services.notify import Notice

CardReason = Literal["taken", "cancelled", "expired", "hazardous"]
LikeReason = Literal["cancelled", "expired", "handed_over", "hazardous"]
_CARD_REASONS: dict[Pickup.Status, CardReason] = {
    Pickup.Status.MATCHED: "taken",
    Pickup.Status.CANCELLED: "cancelled",
    Pickup.Status.EXPIRED: "expired",
    Pickup.Status.ON_HOLD: "cancelled",
}
_QUEUE_POSITION = """
    SELECT count(*) FROM geo_swipe
    WHERE pickup_id = %(pickup)s AND like_state IN ('waiting', 'asked') AND queue_number <= %(number)s
"""
_MOVE = """
    UPDATE geo_pickup SET status = %(new)s, closed_at = %(closed_at)s, reserved_until = NULL, updated_at = %(now)s,
                          likes_counted = %(likes_counted)s
    WHERE id = %(pickup)s AND status = %(old)s RETURNING id
"""
PICKUPS = Counter("pickups", "Pickups posted, and moved to a status.", ["step"])
CLOSED = (Pickup.Status.HANDED_OVER, Pickup.Status.CANCELLED, Pickup.Status.EXPIRED)
END_FIELDS = ["status", "ended_at", "released_by", "release_reason", "left_waiting", "is_excused", "no_show_by"]
LAST_STEP = {
    Match.Status.COMPLETED: Step.COMPLETE,
    Match.Status.RELEASED: Step.RELEASE,
    Match.Status.NO_SHOW: Step.NO_SHOW,
}

# --- Pickups -----------------------------------------------------------------------------------------------


def move_pickup(*, pickup: Pickup, status: Pickup.Status, now: datetime, taker_id: uuid.UUID | None = None) -> None:
    """Move a locked pickup to `status` and end its reservation.

    Tell clients showing the card of an open pickup that it has closed, except the collector `taker_id`, who took it.
    Raises PickupClosed for a move outside the table, or PickupTaken.
    """
    if not pickup.may_become(status):
        raise PickupClosed
    closed_at = now if status in CLOSED else None
    moved = {"pickup": pickup.pk, "old": pickup.status, "new": status, "closed_at": closed_at, "now": now}
    if not fetch_prepared(_MOVE, moved | {"likes_counted": pickup.likes_counted}):
        raise PickupTaken
    if pickup.status == Pickup.Status.OPEN:
        close_card(pickup=pickup, reason=_CARD_REASONS[status], exclude_user_id=taker_id)
    if closed_at:
        # A closed pickup is announced no further, and who received the announcement is personal data.
        Ring.objects.filter(pk=pickup.pk).delete()
    pickup.status, pickup.closed_at, pickup.updated_at = status, closed_at, now
    pickup.reserved_until = None
    count_on_commit(PICKUPS, step=status)


def reserve_pickup(*, pickup: Pickup, until: datetime | None) -> None:
    """Reserve a locked open pickup for the runner-up who must confirm; None ends the reservation."""
    if until:
        close_card(pickup=pickup, reason="taken")
    pickup.reserved_until = until
    pickup.save(update_fields=["reserved_until"])


def expire_under_pickup_lock(*, pickup: Pickup, now: datetime) -> list[Notice]:
    """Expire a locked pickup that is open or on hold, and close its queue; returns the notices for one `notify`."""
    move_pickup(pickup=pickup, status=Pickup.Status.EXPIRED, now=now)
    return notices.of_expiry(pickup=pickup) + close_waiting_likes(pickup=pickup, reason="expired")


def close_card(*, pickup: Pickup, reason: CardReason, exclude_user_id: uuid.UUID | None = None) -> None:
    """On commit, tell the clients that may show the card that it has closed, except those of `exclude_user_id`."""
    frame = closed_card_frame(pickup_id=pickup.pk, reason=reason)
    publish_closed_on_commit(thing=str(pickup.pk), frame=frame, exclude_user_id=exclude_user_id)


def closed_card_frame(*, pickup_id: uuid.UUID, reason: CardReason) -> Frame:
    """The socket frame for clients that show the card of a closed pickup."""
    return {"type": "pickup.closed", "pickup": str(pickup_id), "reason": reason}


# --- Likes -------------------------------------------------------------------------------------------------


def waiting_likes(pickup_id: uuid.UUID) -> QuerySet[Swipe]:
    """The waiting likes of a pickup, in queue order."""
    waiting = Swipe.objects.filter(pickup_id=pickup_id, like_state=Swipe.LikeState.WAITING)
    return waiting.order_by("queue_number")


def queued_likes(pickup_id: uuid.UUID) -> QuerySet[Swipe]:
    """The waiting and asked likes of a pickup, in queue order."""
    return Swipe.objects.filter(pickup_id=pickup_id, like_state__in=Swipe.QUEUED).order_by("queue_number")


def queue_position(like: Swipe) -> int:
    """The place of a like in the queue, counted from 1."""
    [(position,)] = fetch_prepared(_QUEUE_POSITION, {"pickup": like.pickup_id, "number": like.queue_number})
    return int(position)


def close_waiting_likes(*, pickup: Pickup, reason: LikeReason) -> list[Notice]:
    """Close the queued likes of a locked pickup; returns the notices for the caller's one `notify`."""
    return _close_likes(pickup, queued_likes(pickup.pk), reason)


def close_likes_without_badge(*, pickup: Pickup) -> list[Notice]:
    """Close the queued likes of collectors without the badge on a locked hazardous pickup; returns the notices."""
    badged = Collector.objects.filter(has_hazard_badge=True).values("pk")
    return _close_likes(pickup, queued_likes(pickup.pk).exclude(collector_id__in=badged), "hazardous")


def _close_likes(pickup: Pickup, likes: QuerySet[Swipe], reason: LikeReason) -> list[Notice]:
    collector_ids = list(likes.values_list("collector_id", flat=True))
    if collector_ids:
        likes.update(like_state=Swipe.LikeState.CLOSED)
    return notices.of_close(pickup=pickup, collector_ids=collector_ids, reason=reason)


# --- Matches and handovers ---------------------------------------------------------------------------------


def require_step(*, handover: Handover, step: Step) -> None:
    """Raise a refusal that names the reason unless the table allows the step now."""
    if not handover.may(step):
        raise _refusal_of(step, HandoverState(handover.state))


def take_step(*, handover: Handover, step: Step, **fields: object) -> None:
    """Move a locked handover by its table and store the `fields` that the step changes. Raises as `require_step`."""
    require_step(handover=handover, step=step)
    handover.state = STEPS[HandoverState(handover.state)][step]
    for name, value in fields.items():
        setattr(handover, name, value)
    handover.save(update_fields=["state", *(name.removesuffix("_id") for name in fields)])


def end_match(*, match: Match, status: Match.Status, now: datetime) -> None:
    """End a locked match and its handover, and drop its open reminders. Raises MatchOver outside the table."""
    if not match.may_become(status):
        raise MatchOver
    match.status, match.ended_at = status, now
    match.save(update_fields=END_FIELDS)
    handover = match.handover
    # A calendar that holds the appointment removes it only for a higher sequence number.
    is_cancelled = status != Match.Status.COMPLETED and handover.agreed_for is not None
    take_step(handover=handover, step=LAST_STEP[status], calendar_sequence=handover.calendar_sequence + is_cancelled)
    Reminder.objects.filter(handover=handover, done_at=None).delete()


def end_match_without_handover(*, match: Match, status: Match.Status, now: datetime) -> None:
    """End a locked match without a receipt: its like is released, and its conversation closes a little later."""
    end_match(match=match, status=status, now=now)
    like = Swipe.objects.filter(pickup_id=match.pickup_id, collector_id=match.collector_id)
    like.update(like_state=Swipe.LikeState.RELEASED)
    to_apologise = timedelta(minutes=settings.CHAT_MINUTES_AFTER_END)
    close_conversation(conversation_id=match.conversation_id, now=now, after=to_apologise)


def release_under_pickup_lock(
    *, match: Match, by: uuid.UUID, reason: str, is_excused: bool = False, now: datetime
) -> None:
    """Release a locked match with its like and its conversation; it counts against nobody if it `is_excused`.

    The caller moves the pickup.
    """
    match.released_by_id, match.release_reason, match.is_excused = by, reason, is_excused
    leaving_counts = match.handover.leaving_counts(is_resident=by == match.pickup.resident_id, now=now)
    match.left_waiting = leaving_counts and not is_excused
    end_match_without_handover(match=match, status=Match.Status.RELEASED, now=now)


def _refusal_of(step: Step, state: HandoverState) -> DomainError:
    """The refusal of a `step` that the table does not allow in `state`."""
    if state in (HandoverState.DONE, HandoverState.ENDED):
        return MatchOver()
    if state == HandoverState.DISPUTED:
        return WeighInDisputed()
    if state == HandoverState.WEIGHED:
        return AlreadyWeighed()
    if step in (Step.CONFIRM, Step.COMPLETE, Step.DISPUTE):
        return NotWeighed()
    if step == Step.AGREE:
        return NothingProposed()
    is_agreed = state in (HandoverState.AGREED, HandoverState.ON_THE_WAY)
    return NotArrived() if is_agreed else TimeNotAgreed()
