"""Making a match."""

import secrets
import uuid
from datetime import datetime

from django.db import IntegrityError

from backend.shared.rows import insert_together
from chat.services.conversations import open_conversation
from geo.errors import PickupTaken
from geo.models import Handover, Match, Pickup
from geo.services.transitions import move_pickup


def make_match_under_pickup_lock(*, pickup: Pickup, collector_id: uuid.UUID, now: datetime) -> Match:
    """Match a locked pickup with a collector who has room for it, with a conversation and a fresh code.

    Raises PickupClosed or PickupTaken. The like's state and the notices are the caller's.
    """
    move_pickup(pickup=pickup, status=Pickup.Status.MATCHED, now=now, taker_id=collector_id)
    conversation = open_conversation(user_ids=[pickup.resident_id, collector_id], title=pickup.title, now=now)
    match = Match(pickup=pickup, collector_id=collector_id, conversation=conversation, created_at=now)
    try:
        insert_together(match, Handover(match=match, code=_draw_code()))
    except IntegrityError as error:
        # The index decided against us, so somebody wrote without the pickup's lock.
        raise PickupTaken from error
    return match


def _draw_code() -> str:
    return f"{secrets.randbelow(1_000_000):06d}"
