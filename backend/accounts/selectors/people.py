"""Reading people, and who keeps apart from whom."""

import uuid

from django.db.models import QuerySet

from backend.accounts.models import Block, User
from backend.shared.errors import NotFound


def get_person(user_id: uuid.UUID) -> User:
    """Somebody whose account still exists. Raises NotFound."""
    person = User.objects.filter(pk=user_id, erased_at=None).first()
    if person is None:
        raise NotFound
    return person


def blocks_of(user: User) -> QuerySet[Block]:
    """Whom this person blocked."""
    return Block.objects.filter(blocker=user).select_related("blocked")


def get_block_of(user: User, blocked_id: uuid.UUID) -> Block:
    """This person's block of another. Raises NotFound."""
    block = blocks_of(user).filter(blocked_id=blocked_id).first()
    if block is None:
        raise NotFound
    return block
