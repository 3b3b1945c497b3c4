"""Groups of residents with a shared total: found one, join by a code, leave."""

import secrets
import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from backend.accounts.models import User
from backend.core.errors import NotFound
from backend.core.text.phones_and_codes import plain_code
from geo.errors import GroupCodeUnknown, GroupFull, OnlyTheKeeper, TooManyGroups
from geo.models import Group, Membership

# Without letters and digits that are easily confused.
_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH = 8


@transaction.atomic
def found_group(*, user_id: uuid.UUID, name: str, kind: str, now: datetime) -> Group:
    """Create a group, with the user as keeper and first member. Raises TooManyGroups."""
    _require_room(user_id)
    group = Group.objects.create(name=name, kind=kind, code=_draw_code(), keeper_id=user_id, created_at=now)
    Membership.objects.create(group=group, user_id=user_id, joined_at=now)
    return group


@transaction.atomic
def join_group(*, user_id: uuid.UUID, code: str, now: datetime) -> Group:
    """Join the group that has this code, however it is typed. Joining twice changes nothing.

    Later receipts of the user count for the group too. Raises GroupCodeUnknown, GroupFull, TooManyGroups.
    """
    group = _locked().filter(code=plain_code(code).upper()).first()
    if group is None:
        raise GroupCodeUnknown(field="code")
    members = Membership.objects.filter(group=group, left_at=None)
    if members.filter(user_id=user_id).exists():
        return group
    if members.count() >= settings.GROUP_MEMBERS_MAX:
        raise GroupFull
    _require_room(user_id)
    Membership.objects.create(group=group, user_id=user_id, joined_at=now)
    return group


@transaction.atomic
def leave_group(*, user_id: uuid.UUID, group_id: uuid.UUID, now: datetime) -> None:
    """Leave a group; receipts issued during the membership stay counted. Idempotent. Raises NotFound.

    When the keeper leaves, the oldest member becomes the keeper; without members the group closes.
    """
    group = _lock_group(group_id)
    if not Membership.objects.filter(group=group, user_id=user_id).exists():
        raise NotFound
    Membership.objects.filter(group=group, user_id=user_id, left_at=None).update(left_at=now)
    if group.keeper_id == user_id:
        _replace_keeper(group)


@transaction.atomic
def renew_group_code(*, user_id: uuid.UUID, group_id: uuid.UUID) -> Group:
    """Replace the code; the old one stops working. Raises NotFound for strangers, OnlyTheKeeper."""
    group = _lock_group(group_id)
    if not Membership.objects.filter(group=group, user_id=user_id, left_at=None).exists():
        raise NotFound
    if group.keeper_id != user_id:
        raise OnlyTheKeeper
    group.code = _draw_code()
    group.save(update_fields=["code"])
    return group


def _replace_keeper(group: Group) -> None:
    oldest = Membership.objects.filter(group=group, left_at=None).order_by("joined_at", "pk").first()
    group.keeper_id = oldest.user_id if oldest else None
    if oldest is None:
        group.code = None
    group.save(update_fields=["keeper", "code"])


def _require_room(user_id: uuid.UUID) -> None:
    """Count under the user's lock, taken after the group's, as a concurrent request may join another group."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)
    if Membership.objects.filter(user_id=user_id, left_at=None).count() >= settings.GROUPS_MAX:
        raise TooManyGroups(limit=settings.GROUPS_MAX)


def _lock_group(group_id: uuid.UUID) -> Group:
    group = _locked().filter(pk=group_id).first()
    if group is None:
        raise NotFound
    return group


def _locked() -> QuerySet[Group]:
    return Group.objects.select_for_update(of=("self",), no_key=True)


def _draw_code() -> str:
    """A random code, one of about 850,000 million; a rate limit prevents guessing."""
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
