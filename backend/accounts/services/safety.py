"""Blocking other users."""

import uuid
from datetime import datetime

from django.db import transaction

from backend.accounts.agreements import agreements
from backend.accounts.errors import AboutYourself
from backend.accounts.models import Block, User


def block_person(*, blocker: User, blocked: User, now: datetime) -> Block:
    """Block a user, and end what the two have with each other. Blocking twice changes nothing. Raises AboutYourself.

    The block is committed first: from then on the two cannot make a new agreement, and the old ones end one by one.
    """
    record_block(blocker=blocker, blocked=blocked, now=now)
    agreements().separate(blocker=blocker, blocked=blocked, now=now)
    return Block.objects.select_related("blocked").get(blocker=blocker, blocked=blocked)


def record_block(*, blocker: User, blocked: User, now: datetime) -> None:
    """Keep the two apart from now on, in the caller's transaction. Raises AboutYourself."""
    if blocker == blocked:
        raise AboutYourself
    Block.objects.bulk_create([Block(blocker=blocker, blocked=blocked, created_at=now)], ignore_conflicts=True)


@transaction.atomic
def unblock_person(*, blocker: User, blocked_id: uuid.UUID) -> None:
    """Remove a block. Changes nothing when there is none."""
    Block.objects.filter(blocker=blocker, blocked_id=blocked_id).delete()
