"""How much one collector may have at once. Counted under the collector's lock, so that two phones cannot exceed it."""

import uuid

from django.conf import settings

from geo.errors import CollectorProfileNeeded, TooManyLikes, TooManyMatches
from geo.selectors.matches import count_active_matches
from geo.selectors.swipes import count_waiting_likes_of
from geo.services.locks import lock_collectors


def require_room_for_like(*, collector_id: uuid.UUID) -> None:
    """Raises CollectorProfileNeeded, or TooManyLikes when as many wait as may."""
    _lock_profile(collector_id)
    if count_waiting_likes_of(collector_id) >= settings.LIKES_WAITING_MAX:
        raise TooManyLikes(limit=settings.LIKES_WAITING_MAX)


def require_room_for_match(*, collector_id: uuid.UUID) -> None:
    """Raises CollectorProfileNeeded, or TooManyMatches when the collector has as many as he may."""
    _lock_profile(collector_id)
    require_below_limit(active_matches=count_active_matches([collector_id]).get(collector_id, 0))


def require_below_limit(*, active_matches: int) -> None:
    """For a count made under the collector's lock. Raises TooManyMatches."""
    if active_matches >= settings.MATCHES_ACTIVE_MAX:
        raise TooManyMatches(limit=settings.MATCHES_ACTIVE_MAX)


def collectors_with_room(*, user_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Those of `user_ids` who collect at present and may have one more match; holds the locks of all of them."""
    collectors = lock_collectors(user_ids=user_ids)
    working = [row.user_id for row in collectors if row.is_available and row.user.is_active]
    active = count_active_matches(working)
    return {user_id for user_id in working if active.get(user_id, 0) < settings.MATCHES_ACTIVE_MAX}


def _lock_profile(collector_id: uuid.UUID) -> None:
    if not lock_collectors(user_ids=[collector_id]):
        raise CollectorProfileNeeded
