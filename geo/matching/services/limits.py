"""How much one collector may have at once. Counted under the collector's lock, so that two phones cannot exceed it."""

import uuid
from datetime import datetime

from django.conf import settings

from backend.accounts.models import User
from backend.core.clock import spell_in_city
from geo.errors import CollectorProfileNeeded, Paused
from geo.lifecycle.locks import lock_collectors
from geo.lifecycle.matches import count_active_matches
from geo.limit_errors import TooManyGivenBack, TooManyLikes, TooManyMatches
from geo.matching.selectors.swipes import count_waiting_likes_of


def require_room_for_like(*, collector_id: uuid.UUID, now: datetime) -> None:
    """Raises CollectorProfileNeeded, Paused, or TooManyLikes when as many wait as may."""
    _lock_profile(collector_id, now)
    if count_waiting_likes_of(collector_id) >= settings.LIKES_WAITING_MAX:
        raise TooManyLikes(limit=settings.LIKES_WAITING_MAX)


def require_room_for_match(*, collector_id: uuid.UUID, now: datetime) -> None:
    """Raises CollectorProfileNeeded, Paused, or TooManyMatches when the collector has as many as he may."""
    _lock_profile(collector_id, now)
    require_below_limit(active_matches=count_active_matches([collector_id]).get(collector_id, 0))


def require_below_limit(*, active_matches: int) -> None:
    """For a count made under the collector's lock. Raises TooManyMatches."""
    if active_matches >= settings.MATCHES_ACTIVE_MAX:
        raise TooManyMatches(limit=settings.MATCHES_ACTIVE_MAX)


def require_few_given_back(*, given_back: int) -> None:
    """Nobody may look at one exact place after the other. Raises TooManyGivenBack."""
    if given_back >= settings.GIVEN_BACK_A_DAY_MAX:
        raise TooManyGivenBack(limit=settings.GIVEN_BACK_A_DAY_MAX)


def collectors_with_room(*, user_ids: list[uuid.UUID], now: datetime) -> set[uuid.UUID]:
    """Those of `user_ids` who collect at present and may have one more match; holds the locks of all of them."""
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
