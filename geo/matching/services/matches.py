"""Making a match."""

from datetime import datetime

from backend.core.db.constraints import translate_constraint
from chat.services.conversations import open_conversation
from geo.errors import PickupTaken
from geo.lifecycle.codes import draw_code, draw_secret
from geo.lifecycle.transitions import move_pickup
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
        match.save(force_insert=True)
    Handover.objects.create(match=match, code=draw_code(), secret=draw_secret())
    return match


def save_swipe(swipe: Swipe) -> None:
    """Insert a new swipe, or update what a later swipe of the same collector may change."""
    if swipe._state.adding:
        swipe.save(force_insert=True)
    else:
        swipe.save(update_fields=Swipe.CHANGEABLE)
