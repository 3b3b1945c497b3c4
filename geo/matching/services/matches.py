"""Making, passing on, releasing and cancelling matches, and how many one collector may have at once.

Matches and likes are counted under the collector's lock, so that two requests cannot exceed a limit. While a runner-up
must confirm, the pickup is open but reserved: no deck shows it, and new likes wait in the queue.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from backend.accounts.models import User
from backend.accounts.selectors import ids_blocked_with
from backend.core.clock import spell_in_city
from backend.core.db.constraints import translate_constraint
from backend.core.db.prepared import insert_prepared
from backend.core.media.pictures import delete_with_files
from chat.services.conversations import open_conversation
from geo.errors import Paused, PickupClosed, PickupTaken, TooManyGivenBack, TooManyLikes, TooManyMatches
from geo.handover_errors import MatchOver
from geo.lifecycle import notices
from geo.lifecycle.codes import draw_code, draw_secret
from geo.lifecycle.locks import (
    lock_collectors,
    lock_due_pickup,
    lock_match_of,
    lock_match_under_pickup_lock,
    lock_own_pickup,
    lock_pickup,
    process_each,
)
from geo.lifecycle.matches import count_active_matches, live_match_of
from geo.lifecycle.transitions import (
    close_likes_without_badge,
    close_waiting_likes,
    expire_under_pickup_lock,
    move_pickup,
    release_under_pickup_lock,
    reserve_pickup,
    waiting_likes,
)
from geo.matching.services.rings import restart_rings
from geo.materials.safety import collectors_allowed_to_take
from geo.models import Handover, Match, Pickup, Swipe
from notifications.selectors.recipients import earliest_push_to
from notifications.services.notify import Notice, notify, withdraw_events

State = Swipe.LikeState
BATCH = 500


def make_match_under_pickup_lock(*, pickup: Pickup, like: Swipe, now: datetime) -> Match:
    """Match a locked pickup with a like whose collector has room, with a conversation and a new handover code.

    Stores the like as matched; it may be new. The caller sends the notices. Raises PickupClosed or PickupTaken.
    """
    move_pickup(pickup=pickup, status=Pickup.Status.MATCHED, now=now, taker_id=like.collector_id)
    like.like_state = State.MATCHED
    save_swipe(like)
    conversation = open_conversation(user_ids=[pickup.resident_id, like.collector_id], title=pickup.title, now=now)
    match = Match(pickup=pickup, collector_id=like.collector_id, conversation=conversation, created_at=now)
    # Only a transaction that wrote without the pickup's lock can violate the constraint.
    with translate_constraint({"one_active_match_per_pickup": PickupTaken}):
        insert_prepared(match)
    insert_prepared(Handover(match=match, code=draw_code(), secret=draw_secret()))
    return match


def save_swipe(swipe: Swipe) -> None:
    """Insert a new swipe, or update what a later swipe of the same collector may change."""
    if swipe._state.adding:
        insert_prepared(swipe)
    else:
        swipe.save(update_fields=Swipe.CHANGEABLE)


def require_few_likes(*, waiting: int) -> None:
    """For a count made under the collector's lock. Raises TooManyLikes."""
    if waiting >= settings.LIKES_WAITING_MAX:
        raise TooManyLikes(limit=settings.LIKES_WAITING_MAX)


def require_below_limit(*, active_matches: int) -> None:
    """For a count made under the collector's lock. Raises TooManyMatches."""
    if active_matches >= settings.MATCHES_ACTIVE_MAX:
        raise TooManyMatches(limit=settings.MATCHES_ACTIVE_MAX)


def require_few_given_back(*, given_back: int) -> None:
    """Limits how many exact places a collector can look at one after the other. Raises TooManyGivenBack."""
    if given_back >= settings.GIVEN_BACK_A_DAY_MAX:
        raise TooManyGivenBack(limit=settings.GIVEN_BACK_A_DAY_MAX)


def collectors_with_room(*, user_ids: list[uuid.UUID], now: datetime) -> set[uuid.UUID]:
    """Lock the profiles of all `user_ids`; return those who are available and may have one more match."""
    collectors = lock_collectors(user_ids=user_ids)
    working = [row.user_id for row in collectors if row.is_available and _is_admitted(row.user, now)]
    active = count_active_matches(working)
    return {user_id for user_id in working if active.get(user_id, 0) < settings.MATCHES_ACTIVE_MAX}


def require_not_paused(paused_until: datetime | None, now: datetime) -> None:
    if paused_until and paused_until > now:
        raise Paused(until=spell_in_city(paused_until))


def _is_admitted(user: User, now: datetime) -> bool:
    return user.is_active and not user.is_paused_at(now)


def pass_on_under_pickup_lock(*, pickup: Pickup, acting: uuid.UUID, now: datetime) -> list[Notice]:
    """Offer a locked pickup, which has lost its collector or its reservation, to the next runner-up.

    The first runner-up who can come is matched, or asked if the like is older than `CONSENT_AFTER_H`. Without one the
    pickup opens again and its rings start over, or it expires. Returns the notices for the caller's one `notify`.
    """
    if pickup.expires_at <= now:
        _open(pickup, now)
        return expire_under_pickup_lock(pickup=pickup, now=now)
    if offered := offer_to_next_under_pickup_lock(pickup=pickup, acting=acting, now=now):
        return offered
    _open(pickup, now)
    restart_rings(pickup=pickup, now=now)
    waiting = waiting_likes(pickup.pk).values_list("collector_id", flat=True)
    return notices.to_each(waiting, event="pickup.reopened", pickup=pickup, collapse_key=f"queue:{pickup.pk}")


def offer_to_next_under_pickup_lock(*, pickup: Pickup, acting: uuid.UUID, now: datetime) -> list[Notice]:
    """Match the first in the queue of a locked first-come pickup who can come, or ask if the like is older.

    Returns the notices; none if there is nobody.
    """
    like = _next_runner_up(pickup, now) if pickup.choose == Pickup.Choose.FIRST else None
    if like is None:
        return []
    if like.swiped_at > now - timedelta(hours=settings.CONSENT_AFTER_H):
        match = make_match_under_pickup_lock(pickup=pickup, like=like, now=now)
        return notices.of_new_match(match=match, acting=acting)
    _open(pickup, now)
    return _ask(pickup, like, now)


def pass_on_due_pickups(*, now: datetime, limit: int = BATCH) -> int:
    """Pass on the pickups whose runner-up has not answered in time, at most `limit`; returns how many.

    Each has a transaction of its own, so that one failure does not stop the others.
    """
    due = Pickup.objects.filter(reserved_until__lte=now).order_by("reserved_until")
    ids = list(due.values_list("pk", flat=True)[:limit])
    return process_each(step=pass_on_pickup, pickup_ids=ids, now=now, failure="passing_on_failed")


@transaction.atomic
def pass_on_pickup(*, pickup_id: uuid.UUID, now: datetime) -> bool:
    """Let the unconfirmed like lapse, and pass the pickup on. False if it is not due, or locked by another."""
    pickup = lock_due_pickup(pickup_id=pickup_id, reserved_until__lte=now)
    if pickup is None:
        return False
    asked = Swipe.objects.filter(pickup=pickup, like_state=State.ASKED)
    silent = list(asked.values_list("collector_id", flat=True))
    asked.update(like_state=State.LAPSED)
    closed = notices.of_close(pickup=pickup, collector_ids=silent, reason="no_answer")
    acting = next(iter(silent), pickup.resident_id)
    notify(notices=closed + pass_on_under_pickup_lock(pickup=pickup, acting=acting, now=now), now=now)
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
    able = collectors_allowed_to_take(pickup=pickup, collector_ids=with_room)
    return next((like for like in likes if like.collector_id in able), None)


def _ask(pickup: Pickup, like: Swipe, now: datetime) -> list[Notice]:
    # In quiet hours the push waits for the morning; the time to answer begins with the push.
    pushed_at = earliest_push_to(like.collector_id, now=now)
    answer_by = min(pushed_at + timedelta(minutes=settings.CONSENT_MINUTES), pickup.expires_at)
    reserve_pickup(pickup=pickup, until=answer_by)
    like.like_state = State.ASKED
    like.save(update_fields=["like_state"])
    return notices.to_each(
        [like.collector_id], event="like.asked", pickup=pickup, data={"answer_by": notices.format_utc(answer_by)}
    )


@transaction.atomic
def release_match(*, user_id: uuid.UUID, match_id: uuid.UUID, reason: str, now: datetime) -> Match:
    """Release a match, from either side: the pickup goes to the next runner-up, opens again, or expires.

    Raises NotFound for strangers and MatchOver.
    """
    match = lock_match_of(match_id=match_id, user_id=user_id)
    if match.status != Match.Status.ACTIVE:
        raise MatchOver
    _release(match, user_id, reason=reason, now=now)
    return match


@transaction.atomic
def excuse_match(*, pickup_id: uuid.UUID, collector_id: uuid.UUID, by: uuid.UUID, now: datetime) -> None:
    """End what a collector has of a pickup after a block or a suspension of `by`: the next runner-up is promoted.

    A match is released and counts against nobody. An `asked` like waits again, behind the block or suspension.
    """
    pickup = lock_pickup(pickup_id=pickup_id)
    live = live_match_of(pickup.pk)
    if live and live.collector_id == collector_id:
        match = lock_match_under_pickup_lock(match_id=live.pk, pickup=pickup)
        _release(match, by, reason=Match.ReleaseReason.OTHER, is_excused=True, now=now)
        return
    likes = Swipe.objects.filter(pickup=pickup, collector_id=collector_id, like_state__in=Swipe.QUEUED)
    if likes.filter(like_state=State.ASKED).update(like_state=State.WAITING):
        notify(notices=pass_on_under_pickup_lock(pickup=pickup, acting=collector_id, now=now), now=now)
        about = {"pickup": str(pickup.pk)}
        withdraw_events(user_ids=[collector_id], events=["like.asked"], about=about, now=now)
    for like in likes:
        notices.withdraw_like_notice(pickup=pickup, like_id=like.pk, now=now)


def _release(match: Match, by: uuid.UUID, *, reason: str, is_excused: bool = False, now: datetime) -> None:
    release_under_pickup_lock(match=match, by=by, reason=reason, is_excused=is_excused, now=now)
    others = pass_on_under_pickup_lock(pickup=match.pickup, acting=by, now=now)
    released = notices.of_release(match=match, acting=by)
    notices.notify_parties(match=match, card="released", notices=released, others=others, by=by, now=now)


@transaction.atomic
def cancel_pickup(*, resident_id: uuid.UUID, pickup_id: uuid.UUID, now: datetime) -> Pickup:
    """Cancel an open or matched pickup: release its match, and notify everybody in the queue.

    Its photos are deleted. Cancelling twice changes nothing. Raises NotFound for strangers, PickupClosed after
    handover or expiry.
    """
    pickup = lock_own_pickup(pickup_id=pickup_id, resident_id=resident_id)
    if pickup.status == Pickup.Status.CANCELLED:
        return pickup
    if not pickup.may_become(Pickup.Status.CANCELLED):
        raise PickupClosed
    _take_off(pickup, Pickup.Status.CANCELLED, now)
    return pickup


@transaction.atomic
def hold_pickup(*, pickup_id: uuid.UUID, now: datetime) -> None:
    """Take the pickup of a suspended resident off the decks, as if cancelled; its match counts against nobody."""
    pickup = lock_pickup(pickup_id=pickup_id)
    if pickup.may_become(Pickup.Status.ON_HOLD):
        _take_off(pickup, Pickup.Status.ON_HOLD, now)


@transaction.atomic
def restore_pickup(*, pickup_id: uuid.UUID, now: datetime) -> None:
    """Open a pickup on hold, unless it is hidden: those who waited are in the queue again, the first is next."""
    pickup = lock_pickup(pickup_id=pickup_id)
    if pickup.status != Pickup.Status.ON_HOLD or pickup.hidden_at:
        return
    move_pickup(pickup=pickup, status=Pickup.Status.OPEN, now=now)
    # Draws the card: the resident's name may have changed meanwhile.
    pickup.save(update_fields=["title"])
    closed_likes = Swipe.objects.filter(pickup=pickup, like_state=State.CLOSED, collector__erased_at=None)
    closed_likes.update(like_state=State.WAITING)
    closed = close_likes_without_badge(pickup=pickup) if pickup.is_hazardous else []
    notify(notices=closed + pass_on_under_pickup_lock(pickup=pickup, acting=pickup.resident_id, now=now), now=now)


@transaction.atomic
def hide_pickup(*, pickup_id: uuid.UUID, now: datetime) -> None:
    """Hide a pickup from everybody but its resident until `show_pickup`: for review, or as moderators decide."""
    pickup = lock_pickup(pickup_id=pickup_id)
    is_shown = pickup.may_become(Pickup.Status.ON_HOLD)
    if pickup.hidden_at is None and (is_shown or pickup.status == Pickup.Status.ON_HOLD):
        pickup.hidden_at = now
        pickup.save(update_fields=["hidden_at"])
        if is_shown:
            _take_off(pickup, Pickup.Status.ON_HOLD, now)


def show_pickup(*, pickup_id: uuid.UUID, now: datetime) -> None:
    """Show a hidden pickup again; one of a suspended resident stays on hold. In two transactions; idempotent."""
    Pickup.objects.filter(pk=pickup_id).update(hidden_at=None)
    if User.objects.filter(pickups=pickup_id, is_active=True).exists():
        restore_pickup(pickup_id=pickup_id, now=now)


def _take_off(pickup: Pickup, status: Pickup.Status, now: datetime) -> None:
    """Release the live match of a pickup, move the pickup to `status`, close its queue, and notify everybody."""
    match = _release_live_match(pickup, now, is_excused=status == Pickup.Status.ON_HOLD)
    move_pickup(pickup=pickup, status=status, now=now)
    if status == Pickup.Status.CANCELLED:
        delete_with_files(pickup.photos.all())
    others = close_waiting_likes(pickup=pickup, reason="cancelled")
    if match is None:
        notify(notices=others, now=now)
    else:
        by = pickup.resident_id
        released = notices.of_release(match=match, acting=by)
        notices.notify_parties(match=match, card="released", notices=released, others=others, by=by, now=now)
    notices.withdraw_pickup_notices(pickup=pickup, events=("pickup.liked", "pickup.expiring"), now=now)


def _release_live_match(pickup: Pickup, now: datetime, *, is_excused: bool) -> Match | None:
    live = live_match_of(pickup.pk)
    if live is None:
        return None
    match = lock_match_under_pickup_lock(match_id=live.pk, pickup=pickup)
    reason, by = Match.ReleaseReason.CANCELLED, pickup.resident_id
    release_under_pickup_lock(match=match, by=by, reason=reason, is_excused=is_excused, now=now)
    return match
