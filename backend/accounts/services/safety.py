"""Blocking other users, and disabling accounts."""

import uuid
from datetime import datetime

from django.db import transaction

from backend.accounts.agreements import agreements
from backend.accounts.errors import AboutYourself
from backend.accounts.models import Block, Session, User
from backend.accounts.services.sessions import end_sessions


def block_person(*, blocker: User, blocked: User, now: datetime) -> Block:
    """Block a user, and end what the two have with each other. Blocking twice changes nothing. Raises AboutYourself.

    The block is committed first: from then on the two cannot make a new agreement, and the old ones end one by one.
    """
    if blocker == blocked:
        raise AboutYourself
    Block.objects.bulk_create([Block(blocker=blocker, blocked=blocked, created_at=now)], ignore_conflicts=True)
    agreements().separate(blocker=blocker, blocked=blocked, now=now)
    return Block.objects.select_related("blocked").get(blocker=blocker, blocked=blocked)


@transaction.atomic
def unblock_person(*, blocker: User, blocked_id: uuid.UUID) -> None:
    """Remove a block. Changes nothing when there is none."""
    Block.objects.filter(blocker=blocker, blocked_id=blocked_id).delete()


def suspend_account(*, user: User, now: datetime) -> None:
    """Sign an account that staff disabled out everywhere, put its pickups on hold, and end its matches without blame.

    Call it outside of a transaction: each pickup has its own.
    """
    end_sessions(Session.objects.filter(user=user))
    agreements().suspend(user=user, now=now)


def restore_account(*, user: User, now: datetime) -> None:
    """Let the pickups and likes of a user who is active again take part again; each pickup has its own transaction."""
    agreements().restore(user=user, now=now)
