"""Passing a pickup on: to the next runner-up, at once or after asking, or to everybody again.

A pickup for which somebody is being asked is open, but reserved: no deck shows it, and a like waits in the queue.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from backend.accounts.selectors.people import ids_blocked_with
from geo.lifecycle import notices
from geo.lifecycle.locks import lock_due_pickup, process_each
from geo.lifecycle.transitions import expire_under_pickup_lock, move_pickup, reserve_pickup, waiting_likes
from geo.matching.services import notices as pickup_notices
from geo.matching.services.matches import collectors_with_room, make_match_under_pickup_lock, require_room_for_match
from geo.matching.services.rings import start_rings_anew
from geo.materials.hazard import those_who_may_take
from geo.models import Match, Pickup, Swipe
from notifications.selectors.preferences import earliest_push_to
from notifications.services.notify import Notice, notify

State = Swipe.LikeState
BATCH = 500


def pass_on_under_pickup_lock(*, pickup: Pickup, acting: uuid.UUID, now: datetime) -> list[Notice]:
    """Find the next for a locked pickup that has lost its collector, or the one it was reserved for.

    The first runner-up who can come is promoted, or asked if the like is older than `CONSENT_AFTER_H`; without one
    the pickup opens again and is made known anew, or expires. Returns what to tell, for the caller's one `notify`.
    """
    if pickup.expires_at <= now:
        _open(pickup, now)
        return expire_under_pickup_lock(pickup=pickup, now=now)
    if told := offer_to_the_next_under_pickup_lock(pickup=pickup, acting=acting, now=now):
        return told
    _open(pickup, now)
    start_rings_anew(pickup=pickup, now=now)
    return pickup_notices.of_reopening(pickup=pickup, collector_ids=_who_waits(pickup))


def offer_to_the_next_under_pickup_lock(*, pickup: Pickup, acting: uuid.UUID, now: datetime) -> list[Notice]:
    """Promote the first who waits for a locked first-come pickup and can come, or ask if the like is older.

    Returns what to tell; nothing if there is nobody.
    """
    like = _next_runner_up(pickup, now) if pickup.choose == Pickup.Choose.FIRST else None
    if like is None:
        return []
    if like.swiped_at > now - timedelta(hours=settings.CONSENT_AFTER_H):
        return promote_under_pickup_lock(pickup=pickup, like=like, acting=acting, now=now)
    _open(pickup, now)
    return _ask(pickup, like, now)


def promote_under_pickup_lock(*, pickup: Pickup, like: Swipe, acting: uuid.UUID, now: datetime) -> list[Notice]:
    """Match a like whose collector has room; returns what to tell both."""
    match = make_match_under_pickup_lock(pickup=pickup, like=like, now=now)
    return notices.of_new_match(match=match, acting=acting)


def say_yes_under_pickup_lock(*, pickup: Pickup, like: Swipe, now: datetime) -> Match:
    """The collector who is asked still wants it, be it at the last moment. Raises Paused, TooManyMatches."""
    require_room_for_match(collector_id=like.collector_id, now=now)
    match = make_match_under_pickup_lock(pickup=pickup, like=like, now=now)
    notify(notices=notices.of_new_match(match=match, acting=like.collector_id), now=now)
    return match


def move_on_where_due(*, now: datetime, limit: int = BATCH) -> int:
    """Ask or promote the next wherever the time to answer is up, at most `limit` pickups; returns how many.

    Each in a transaction of its own, so that one that fails holds up no other.
    """
    due = Pickup.objects.filter(reserved_until__lte=now).order_by("reserved_until")
    ids = list(due.values_list("pk", flat=True)[:limit])
    return process_each(step=move_on, pickup_ids=ids, now=now, failure="moving_on_failed")


@transaction.atomic
def move_on(*, pickup_id: uuid.UUID, now: datetime) -> bool:
    """Let the like that was asked lapse, and pass the pickup on. False if it is not due, gone, or busy right now."""
    pickup = lock_due_pickup(pickup_id=pickup_id, reserved_until__lte=now)
    if pickup is None:
        return False
    asked = Swipe.objects.filter(pickup=pickup, like_state=State.ASKED)
    silent = list(asked.values_list("collector_id", flat=True))
    asked.update(like_state=State.LAPSED)
    told = notices.of_close(pickup=pickup, collector_ids=silent, reason="no_answer")
    acting = next(iter(silent), pickup.resident_id)
    notify(notices=told + pass_on_under_pickup_lock(pickup=pickup, acting=acting, now=now), now=now)
    return True


def _open(pickup: Pickup, now: datetime) -> None:
    if pickup.status == Pickup.Status.MATCHED:
        move_pickup(pickup=pickup, status=Pickup.Status.OPEN, now=now)
    elif pickup.reserved_until:
        reserve_pickup(pickup=pickup, until=None)


def _next_runner_up(pickup: Pickup, now: datetime) -> Swipe | None:
    """First in the queue of those who work, have room, may take it and are not blocked; the others keep their place."""
    likes = list(waiting_likes(pickup.pk).exclude(collector_id__in=ids_blocked_with(pickup.resident_id)))
    with_room = collectors_with_room(user_ids=[like.collector_id for like in likes], now=now)
    able = those_who_may_take(pickup=pickup, collector_ids=with_room)
    return next((like for like in likes if like.collector_id in able), None)


def _ask(pickup: Pickup, like: Swipe, now: datetime) -> list[Notice]:
    # Whoever sleeps is told in the morning: the time to answer begins only then.
    told_at = earliest_push_to(like.collector_id, now=now)
    answer_by = min(told_at + timedelta(minutes=settings.CONSENT_MINUTES), pickup.expires_at)
    reserve_pickup(pickup=pickup, until=answer_by)
    like.like_state = State.ASKED
    like.save(update_fields=["like_state"])
    return pickup_notices.of_question(pickup=pickup, collector_id=like.collector_id, answer_by=answer_by)


def _who_waits(pickup: Pickup) -> list[uuid.UUID]:
    return list(waiting_likes(pickup.pk).values_list("collector_id", flat=True))
