"""Moving pickups, matches and handovers on, by the tables on their models and in no other way."""

import uuid
from datetime import datetime
from typing import Literal

from backend.core.db.prepared import fetch_prepared
from backend.core.redis.card_presence import tell_holders_on_commit
from backend.core.redis.nudges import Frame
from chat.services.conversations import close_conversation
from geo.errors import MatchOver, PickupClosed, PickupTaken
from geo.handover_errors import refusal_of_step
from geo.models import STEPS, Handover, HandoverState, Match, Pickup, Reminder, Ring, Step, Swipe

GoneReason = Literal["taken", "cancelled", "expired", "hazardous"]
_GONE: dict[Pickup.Status, GoneReason] = {
    Pickup.Status.MATCHED: "taken",
    Pickup.Status.CANCELLED: "cancelled",
    Pickup.Status.EXPIRED: "expired",
}
_MOVE = """
    UPDATE geo_pickup SET status = %(new)s, closed_at = %(closed_at)s, reserved_until = NULL, updated_at = %(now)s,
                          likes_counted = %(likes_counted)s
    WHERE id = %(pickup)s AND status = %(old)s RETURNING id
"""
CLOSED = (Pickup.Status.HANDED_OVER, Pickup.Status.CANCELLED, Pickup.Status.EXPIRED)
END = {
    Match.Status.COMPLETED: Step.COMPLETE,
    Match.Status.RELEASED: Step.RELEASE,
    Match.Status.NO_SHOW: Step.NO_SHOW,
}


def move_pickup(*, pickup: Pickup, status: Pickup.Status, now: datetime, taker_id: uuid.UUID | None = None) -> None:
    """Move a locked pickup, reserved no longer. Whose app shows its card is told that it has gone, but for its taker.

    Raises PickupClosed for a move outside the table, or PickupTaken.
    """
    if not pickup.may_become(status):
        raise PickupClosed
    closed_at = now if status in CLOSED else None
    moved = {"pickup": pickup.pk, "old": pickup.status, "new": status, "closed_at": closed_at, "now": now}
    if not fetch_prepared(_MOVE, moved | {"likes_counted": pickup.likes_counted}):
        raise PickupTaken
    if pickup.status == Pickup.Status.OPEN:
        tell_card_gone(pickup=pickup, reason=_GONE[status], but=taker_id)
    if closed_at:
        # Who was told of it is nobody's business any more.
        Ring.objects.filter(pk=pickup.pk).delete()
    pickup.status, pickup.closed_at, pickup.updated_at = status, closed_at, now
    pickup.reserved_until = None


def reserve_pickup(*, pickup: Pickup, until: datetime | None) -> None:
    """Keep a locked open pickup for the one who is asked, or, with None, for nobody any more."""
    if until:
        tell_card_gone(pickup=pickup, reason="taken")
    pickup.reserved_until = until
    pickup.save(update_fields=["reserved_until"])


def require_step(*, handover: Handover, step: Step) -> None:
    """Raise what says best why the table does not allow the step now."""
    if not handover.may(step):
        raise refusal_of_step(step, HandoverState(handover.state))


def take_step(*, handover: Handover, step: Step, **fields: object) -> None:
    """Move a locked handover by its table, with the fields that the step changes. Raises as `require_step`."""
    require_step(handover=handover, step=step)
    handover.state = STEPS[HandoverState(handover.state)][step]
    for name, value in fields.items():
        setattr(handover, name, value)
    handover.save(update_fields=["state", *(name.removesuffix("_id") for name in fields)])


def end_match(*, match: Match, status: Match.Status, now: datetime) -> None:
    """End a locked match and its handover, with what hangs on it; raises MatchOver for a move outside the table."""
    if not match.may_become(status):
        raise MatchOver
    match.status, match.ended_at = status, now
    match.save(update_fields=["status", "ended_at", "released_by", "release_reason", "left_waiting", "no_show_by"])
    handover = match.handover
    # Whoever took the appointment into his calendar must see it go.
    is_off = status != Match.Status.COMPLETED and handover.agreed_for is not None
    take_step(handover=handover, step=END[status], calendar_sequence=handover.calendar_sequence + is_off)
    Reminder.objects.filter(handover=handover, done_at=None).delete()


def give_match_back(*, match: Match, by: uuid.UUID, reason: str, now: datetime) -> None:
    """Release a locked match, its like and its conversation. The pickup is the caller's to move."""
    match.released_by_id, match.release_reason = by, reason
    match.left_waiting = match.handover.leaving_counts(is_resident=by == match.pickup.resident_id, now=now)
    give_up_match(match=match, status=Match.Status.RELEASED, now=now)


def give_up_match(*, match: Match, status: Match.Status, now: datetime) -> None:
    """End a locked match without a handover; its like is not had again, and nobody writes any more."""
    end_match(match=match, status=status, now=now)
    like = Swipe.objects.filter(pickup_id=match.pickup_id, collector_id=match.collector_id)
    like.update(like_state=Swipe.LikeState.RELEASED)
    close_conversation(conversation_id=match.conversation_id, now=now)


def tell_card_gone(*, pickup: Pickup, reason: GoneReason, but: uuid.UUID | None = None) -> None:
    """On commit, tell everybody who was dealt the card and may still show it, except `but`."""
    frame = frame_of_gone(pickup_id=pickup.pk, reason=reason)
    tell_holders_on_commit(thing=str(pickup.pk), frame=frame, but=but)


def frame_of_gone(*, pickup_id: uuid.UUID, reason: GoneReason) -> Frame:
    """What apps that show the card are told."""
    return {"type": "pickup.closed", "pickup": str(pickup_id), "reason": reason}
