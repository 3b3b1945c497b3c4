"""Making a match."""

from datetime import datetime

from django.db import IntegrityError
from django.db.models import Model

from backend.shared.rows import insert_together
from chat.services.conversations import draft_conversation
from geo.errors import PickupTaken
from geo.models import Handover, Match, Pickup, Swipe
from geo.services.codes import draw_code, draw_secret
from geo.services.transitions import move_pickup


def make_match_under_pickup_lock(*, pickup: Pickup, like: Swipe, now: datetime) -> Match:
    """Match a locked pickup with one who likes it and has room for it, with a conversation and a fresh code.

    The like may be new; it is stored as matched. Raises PickupClosed or PickupTaken. The notices are the caller's.
    """
    move_pickup(pickup=pickup, status=Pickup.Status.MATCHED, now=now, taker_id=like.collector_id)
    both = [pickup.resident_id, like.collector_id]
    conversation, participants = draft_conversation(user_ids=both, title=pickup.title, now=now)
    match = Match(pickup=pickup, collector_id=like.collector_id, conversation=conversation, created_at=now)
    handover = Handover(match=match, code=draw_code(), secret=draw_secret())
    like.like_state = Swipe.LikeState.MATCHED
    try:
        _store(like, conversation, *participants, match, handover)
    except IntegrityError as error:
        # The index decided against us, so somebody wrote without the pickup's lock.
        raise PickupTaken from error
    return match


def _store(like: Swipe, *rows: Model) -> None:
    if like._state.adding:
        insert_together(like, *rows)
    else:
        like.save(update_fields=Swipe.CHANGEABLE)
        insert_together(*rows)
