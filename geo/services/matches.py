"""Making matches, and giving them back."""

import secrets
import uuid
from datetime import datetime

from django.db import IntegrityError, transaction

from chat.services.conversations import open_conversation
from geo.errors import MatchOver, PickupTaken
from geo.models import Handover, Match, Pickup, Swipe
from geo.selectors.blocks import ids_blocked_with
from geo.selectors.swipes import waiting_likes
from geo.services import notices
from geo.services.closing import expire_under_pickup_lock
from geo.services.limits import collectors_with_room
from geo.services.locks import lock_match_of
from geo.services.transitions import give_match_back, move_pickup
from notifications.services.notify import Notice, notify


def make_match_under_pickup_lock(*, pickup: Pickup, collector_id: uuid.UUID, now: datetime) -> Match:
    """Match a locked pickup with a collector who has room for it, with a conversation and a fresh code.

    Raises PickupClosed or PickupTaken. The like's state and the notices are the caller's.
    """
    move_pickup(pickup=pickup, status=Pickup.Status.MATCHED, now=now)
    conversation = open_conversation(user_ids=[pickup.resident_id, collector_id], title=pickup.title, now=now)
    try:
        match = Match.objects.create(
            pickup=pickup, collector_id=collector_id, conversation=conversation, created_at=now
        )
    except IntegrityError as error:
        # The index decided against us, so somebody wrote without the pickup's lock.
        raise PickupTaken from error
    Handover.objects.create(match=match, code=_draw_code())
    return match


@transaction.atomic
def release_match(*, user_id: uuid.UUID, match_id: uuid.UUID, reason: str, now: datetime) -> Match:
    """Give a match back, from either side: the next runner-up is promoted, or the pickup opens again, or expires.

    Raises NotFound for strangers and MatchOver.
    """
    match = lock_match_of(match_id=match_id, user_id=user_id)
    if match.status != Match.Status.ACTIVE:
        raise MatchOver
    give_match_back(match=match, by=user_id, reason=reason, now=now)
    told = notices.of_release(match=match, acting=user_id)
    notify(notices=told + _pass_on(match.pickup, user_id, now), now=now)
    return match


def _pass_on(pickup: Pickup, acting: uuid.UUID, now: datetime) -> list[Notice]:
    has_expired = pickup.expires_at <= now
    if pickup.choose == Pickup.Choose.FIRST and not has_expired and (like := _next_runner_up(pickup)):
        return _promote(pickup, like, acting, now)
    move_pickup(pickup=pickup, status=Pickup.Status.OPEN, now=now)
    return expire_under_pickup_lock(pickup=pickup, now=now) if has_expired else []


def _next_runner_up(pickup: Pickup) -> Swipe | None:
    """First in the queue among those who work, have room and are not blocked; the others keep their place."""
    likes = list(waiting_likes(pickup.pk).exclude(collector_id__in=ids_blocked_with(pickup.resident_id)))
    with_room = collectors_with_room(user_ids=[like.collector_id for like in likes])
    return next((like for like in likes if like.collector_id in with_room), None)


def _promote(pickup: Pickup, like: Swipe, acting: uuid.UUID, now: datetime) -> list[Notice]:
    match = make_match_under_pickup_lock(pickup=pickup, collector_id=like.collector_id, now=now)
    like.like_state = Swipe.LikeState.MATCHED
    like.save(update_fields=["like_state"])
    return notices.of_new_match(match=match, acting=acting)


def _draw_code() -> str:
    return f"{secrets.randbelow(1_000_000):06d}"
