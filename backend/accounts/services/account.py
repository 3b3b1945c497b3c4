"""A user's account: changing, exporting and erasing it."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from backend.accounts.identity import Identity
from backend.accounts.models import AVATAR_COLOURS, Session, User
from backend.accounts.registry import erase_all, leave_all
from backend.accounts.selectors import find_account
from backend.accounts.services.roles import set_role
from backend.accounts.services.sessions import end_sessions

log = structlog.get_logger(__name__)


@transaction.atomic
def amend_profile(*, user: User, changes: Mapping[str, str]) -> User:
    """Set any of `display_name`, `chosen_name`, `locale` and `avatar_colour`; returns the changed account."""
    locked = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.save(update_fields=[*changes, "shown_name"])
    return locked


ANONYMISED = (
    "phone", "firebase_uid", "line_id", "display_name", "chosen_name", "shown_name", "avatar_colour", "password",
    "is_active", "is_staff", "is_superuser", "role", "erasing_at", "erased_at", "suspended_at",
    "suspended_until",
)  # fmt: skip


def begin_erasure(*, user: User, now: datetime) -> None:
    """Leave, sign out everywhere and hide the account; it is erased after `ERASURE_GRACE_DAYS`, at once without them.

    Until then `sign_in` can take it back.
    """
    if not settings.ERASURE_GRACE_DAYS:
        erase_account(user=user, now=now)
        return
    leave_all(user=user, now=now)
    _hide(user, now)


@transaction.atomic
def _hide(user: User, now: datetime) -> None:
    end_sessions(Session.objects.filter(user=user))
    erasing_at = now + timedelta(days=settings.ERASURE_GRACE_DAYS)
    User.objects.admitted().filter(pk=user.pk).update(is_active=False, erasing_at=erasing_at)


def erase_due_accounts(*, now: datetime) -> int:
    """Erase the accounts whose grace is over, each in its own transactions. Returns how many.

    One failure does not stop the others; the next run tries again.
    """
    ids = list(_due(now).order_by("erasing_at").values_list("pk", flat=True))
    return sum(_try_to_erase(user_id, now) for user_id in ids)


def _due(now: datetime) -> QuerySet[User]:
    return User.objects.filter(erasing_at__lte=now, is_active=False)


def _try_to_erase(user_id: uuid.UUID, now: datetime) -> bool:
    try:
        return _erase_due(user_id, now)
    except Exception:
        log.exception("erasure_failed", user=str(user_id))
        return False


def _erase_due(user_id: uuid.UUID, now: datetime) -> bool:
    """Erase an account unless its user has taken it back meanwhile."""
    user = _due(now).filter(pk=user_id).first()
    if user is None:
        return False
    leave_all(user=user, now=now)
    with transaction.atomic():
        locked = _due(now).select_for_update(of=("self",), no_key=True).filter(pk=user_id).first()
        if locked is not None:
            erase_all(user=locked, now=now)
    return locked is not None


def erase_account(*, user: User, now: datetime) -> None:
    """Leave, then anonymise in place, so that what was recycled stays counted; nobody can sign in there again."""
    leave_all(user=user, now=now)
    anonymise_account(user=user, now=now)


def erase_by_identity(*, identity: Identity, now: datetime) -> None:
    """Begin to erase the account that this identity signs in to. Does nothing without one, or to one that is closed."""
    user = find_account(identity)
    if user is not None and user.is_admitted:
        begin_erasure(user=user, now=now)


@transaction.atomic
def anonymise_account(*, user: User, now: datetime) -> None:
    """Erase an account without obligations. Its standing stays under keyed hashes of its identities."""
    locked = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    erase_all(user=locked, now=now)


def anonymise(user: User, now: datetime) -> None:
    """Erase the row of a locked account itself."""
    user.phone = user.firebase_uid = user.line_id = None
    user.display_name = user.chosen_name = ""
    user.avatar_colour = AVATAR_COLOURS[0]
    user.is_active = False
    user.suspended_at = user.suspended_until = None
    set_role(user, "")
    user.erasing_at, user.erased_at = None, now
    user.set_unusable_password()
    user.save(update_fields=ANONYMISED)
