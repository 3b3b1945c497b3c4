"""Who must not meet whom."""

import uuid

from django.db.models import Q, QuerySet

from backend.accounts.models import Block


def is_blocked_between(one: uuid.UUID, other: uuid.UUID) -> bool:
    """Whether either of the two has blocked the other."""
    return Block.objects.filter(Q(blocker=one, blocked=other) | Q(blocker=other, blocked=one)).exists()


def ids_blocked_with(user_id: uuid.UUID) -> QuerySet[Block, uuid.UUID]:
    """The ids of everybody whom `user_id` has blocked or who has blocked `user_id`; for use in a subquery."""
    made = Block.objects.filter(blocker=user_id).values_list("blocked_id", flat=True)
    return made.union(Block.objects.filter(blocked=user_id).values_list("blocker_id", flat=True))
