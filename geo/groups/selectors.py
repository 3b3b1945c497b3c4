"""Reading groups: members see everything, others only the totals."""

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet

from backend.accounts.models import User
from backend.core.db.prepared import columns_of, fetch_models, fetch_prepared, model_from
from backend.core.errors import NotFound
from geo.models import Group, Membership

_GROUPS = f"""
    SELECT (SELECT count(*) FROM geo_membership WHERE group_id = geo_group.id AND left_at IS NULL), {columns_of(Group)}
    FROM geo_group JOIN geo_membership AS own ON own.group_id = geo_group.id
    WHERE own.user_id = %(user)s AND own.left_at IS NULL ORDER BY name, geo_group.id
"""  # noqa: S608 - names of our own columns
_COUNTING = f"""
    SELECT EXISTS (SELECT FROM geo_membership WHERE group_id = geo_group.id AND left_at IS NULL AND user_id = %(user)s),
           (SELECT count(*) FROM geo_membership WHERE group_id = geo_group.id AND left_at IS NULL),
           {columns_of(Group)}
    FROM geo_group WHERE id = %(group)s
"""  # noqa: S608 - names of our own columns
_PEOPLE = f"""
    SELECT {columns_of(User)} FROM accounts_user JOIN geo_membership ON user_id = accounts_user.id
    WHERE group_id = %(group)s AND left_at IS NULL ORDER BY joined_at, geo_membership.id LIMIT %(limit)s
"""  # noqa: S608


@dataclass(frozen=True)
class CountedGroup:
    """A group and the number of its members."""

    members: int
    group: Group


def group_ids_of(user_id: uuid.UUID) -> list[uuid.UUID]:
    """The ids of the groups for which receipts of this user count now."""
    return list(_current(user_id).order_by("pk").values_list("group_id", flat=True))


def groups_of(user_id: uuid.UUID) -> list[CountedGroup]:
    rows = fetch_prepared(_GROUPS, {"user": user_id})
    return [CountedGroup(members, model_from(Group, columns)) for members, *columns in rows]


def get_group_of(*, group_id: uuid.UUID, user_id: uuid.UUID) -> CountedGroup:
    """A group for a member. Raises NotFound for others."""
    for counted in groups_of(user_id):
        if counted.group.pk == group_id:
            return counted
    raise NotFound


def get_counting_group(*, group_id: uuid.UUID, user_id: uuid.UUID) -> Group:
    """A group whose totals the user may read: one of their own, or one with `GROUP_SHOWN_FROM` members.

    The totals of a smaller group would tell what one household did. Raises NotFound.
    """
    for is_member, members, *columns in fetch_prepared(_COUNTING, {"group": group_id, "user": user_id}):
        if is_member or members >= settings.GROUP_SHOWN_FROM:
            return model_from(Group, columns)
    raise NotFound


def people_of(group_id: uuid.UUID) -> list[User]:
    """The oldest members of a group, at most `GROUP_PEOPLE_SHOWN`; for members only."""
    return fetch_models(User, _PEOPLE, {"group": group_id, "limit": settings.GROUP_PEOPLE_SHOWN})


def _current(user_id: uuid.UUID) -> QuerySet[Membership]:
    return Membership.objects.filter(user_id=user_id, left_at=None)
