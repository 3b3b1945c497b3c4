"""Giving matches back."""

import uuid
from datetime import datetime

from django.db import transaction

from geo.handover_errors import MatchOver
from geo.lifecycle import notices
from geo.lifecycle.locks import lock_match_of
from geo.lifecycle.notices import notify_parties
from geo.lifecycle.transitions import release_under_pickup_lock
from geo.matching.services.queue import pass_on_under_pickup_lock
from geo.models import Match


@transaction.atomic
def release_match(*, user_id: uuid.UUID, match_id: uuid.UUID, reason: str, now: datetime) -> Match:
    """Give a match back, from either side: the next runner-up is promoted or asked, or the pickup opens, or expires.

    Raises NotFound for strangers and MatchOver.
    """
    match = lock_match_of(match_id=match_id, user_id=user_id)
    if match.status != Match.Status.ACTIVE:
        raise MatchOver
    release_under_pickup_lock(match=match, by=user_id, reason=reason, now=now)
    others = pass_on_under_pickup_lock(pickup=match.pickup, acting=user_id, now=now)
    told = notices.of_release(match=match, acting=user_id)
    notify_parties(match=match, card="released", notices=told, others=others, by=user_id, now=now)
    return match
