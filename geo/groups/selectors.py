"""Reading groups: members see everything, others only the totals."""

import uuid

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from backend.core.errors import NotFound
from geo.models import Group, Membership

_PRESENT = Q(memberships__left_at=None)


def group_ids_of(user_id: uuid.UUID) -> list[uuid.UUID]:
    """The ids of the groups for which receipts of this user count now."""
    return list(_current(user_id).order_by("pk").values_list("group_id", flat=True))


def groups_of(user_id: uuid.UUID) -> QuerySet[Group]:
    """The groups of a user, each with `members`, the number of members."""
    return _counted().filter(pk__in=_current(user_id).values("group_id"))


def get_group_of(*, group_id: uuid.UUID, user_id: uuid.UUID) -> Group:
    """A group for a member, with `members`. Raises NotFound for others."""
    group = groups_of(user_id).filter(pk=group_id).first()
    if group is None:
        raise NotFound
    return group


def get_counting_group(*, group_id: uuid.UUID, user_id: uuid.UUID) -> Group:
    """A group whose totals a person may read: a member always, others when it has `GROUP_SHOWN_FROM` members.

    With fewer the group's kilograms would tell what one household did. Raises NotFound.
    """
    group = Group.objects.filter(pk=group_id).first()
    if group is None:
        raise NotFound
    is_member = _current(user_id).filter(group_id=group_id).exists()
    if not is_member and members_of(group_id).count() < settings.GROUP_SHOWN_FROM:
        raise NotFound
    return group


def members_of(group_id: uuid.UUID) -> QuerySet[Membership]:
    """The members of a group, the oldest first; for members only."""
    return Membership.objects.filter(group_id=group_id, left_at=None).select_related("user").order_by("joined_at", "pk")


def _current(user_id: uuid.UUID) -> QuerySet[Membership]:
    return Membership.objects.filter(user_id=user_id, left_at=None)


def _counted() -> QuerySet[Group]:
    return Group.objects.annotate(members=Count("memberships", filter=_PRESENT)).order_by("name", "pk")
