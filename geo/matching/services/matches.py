"""Making a match, and how much one collector may have at once.

Matches and likes are counted under the collector's lock, so that two requests cannot exceed a limit.
"""

import uuid
from datetime import datetime

from django.conf import settings

from backend.accounts.models import User
from backend.core.clock import spell_in_city
from backend.core.db.constraints import translate_constraint
from backend.core.db.prepared import insert_prepared
from chat.services.conversations import open_conversation
from geo.errors import CollectorProfileNeeded, Paused, PickupTaken, TooManyGivenBack, TooManyLikes, TooManyMatches
from geo.lifecycle.codes import draw_code, draw_secret
from geo.lifecycle.locks import lock_collectors
from geo.lifecycle.matches import count_active_matches
from geo.lifecycle.transitions import move_pickup
from geo.matching.selectors.swipes import count_waiting_likes_of
from geo.models import Handover, Match, Pickup, Swipe


def make_match_under_pickup_lock(*, pickup: Pickup, like: Swipe, now: datetime) -> Match:
    """Match a locked pickup with a like whose collector has room, with a conversation and a new handover code.

    Stores the like as matched; it may be new. The caller sends the notices. Raises PickupClosed or PickupTaken.
    """
    move_pickup(pickup=pickup, status=Pickup.Status.MATCHED, now=now, taker_id=like.collector_id)
    like.like_state = Swipe.LikeState.MATCHED
    save_swipe(like)
    conversation = open_conversation(user_ids=[pickup.resident_id, like.collector_id], title=pickup.title, now=now)
    match = Match(pickup=pickup, collector_id=like.collector_id, conversation=conversation, created_at=now)
    # Only a transaction that wrote without the pickup's lock can be stopped here.
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


def require_room_for_like(*, collector_id: uuid.UUID, now: datetime) -> None:
    """Lock the profile. Raises CollectorProfileNeeded, Paused, or TooManyLikes at the limit of waiting likes."""
    _lock_profile(collector_id, now)
    if count_waiting_likes_of(collector_id) >= settings.LIKES_WAITING_MAX:
        raise TooManyLikes(limit=settings.LIKES_WAITING_MAX)


def require_room_for_match(*, collector_id: uuid.UUID, now: datetime) -> None:
    """Lock the profile. Raises CollectorProfileNeeded, Paused, or TooManyMatches at the limit of active matches."""
    _lock_profile(collector_id, now)
    require_below_limit(active_matches=count_active_matches([collector_id]).get(collector_id, 0))


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
    """Raises Paused."""
    if paused_until and paused_until > now:
        raise Paused(until=spell_in_city(paused_until))


def _is_admitted(user: User, now: datetime) -> bool:
    return user.is_active and not user.is_paused_at(now)


def _lock_profile(collector_id: uuid.UUID, now: datetime) -> None:
    locked = lock_collectors(user_ids=[collector_id])
    if not locked:
        raise CollectorProfileNeeded
    require_not_paused(locked[0].user.paused_until, now)
