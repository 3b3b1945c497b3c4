"""A user's account: changing, exporting and erasing it."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from backend.accounts.holders import erase_all, export_all, leave_all
from backend.accounts.identity import Identity
from backend.accounts.models import AVATAR_COLOURS, Block, Session, User
from backend.accounts.selectors import find_account
from backend.accounts.services.sessions import end_sessions
from backend.accounts.services.standing import keep_standing
from backend.core.http.idempotency import forget_answers


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
    "is_active", "is_staff", "is_superuser", "erased_at",
)  # fmt: skip


def export_of(*, user: User) -> dict[str, object]:
    """All personal data of `user`, ready for JSON, with one key per app."""
    return {"account": _account(user), **export_all(user=user)}


def erase_account(*, user: User, now: datetime) -> None:
    """Leave, then anonymise in place, so that what was recycled stays counted; nobody can sign in there again."""
    leave_all(user=user, now=now)
    anonymise_account(user=user, now=now)


def erase_by_identity(*, identity: Identity, now: datetime) -> None:
    """Erase the account that this identity signs in to. Does nothing without one, and to one that is suspended."""
    user = find_account(identity)
    if user is not None and user.is_active:
        erase_account(user=user, now=now)


@transaction.atomic
def anonymise_account(*, user: User, now: datetime) -> None:
    """Erase an account without obligations. Its standing stays under keyed hashes of its identities."""
    locked = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    end_sessions(Session.objects.filter(user=locked))
    Block.objects.filter(blocker=locked).delete()
    forget_answers(owner=locked.pk)
    keep_standing(user=locked, now=now)
    _anonymise(locked, now)
    erase_all(user=locked, now=now)


def _anonymise(user: User, now: datetime) -> None:
    user.phone = user.firebase_uid = user.line_id = None
    user.display_name = user.chosen_name = ""
    user.avatar_colour = AVATAR_COLOURS[0]
    user.is_active = user.is_staff = user.is_superuser = False
    user.erased_at = now
    user.set_unusable_password()
    user.save(update_fields=ANONYMISED)


def _account(user: User) -> Mapping[str, object]:
    return {
        "id": str(user.pk),
        "phone": user.phone,
        "firebase_uid": user.firebase_uid,
        "line_id": user.line_id,
        "display_name": user.display_name,
        "chosen_name": user.chosen_name,
        "locale": user.locale,
        "avatar_colour": user.avatar_colour,
        "created_at": user.created_at,
        "rating": user.rating,
        "rating_count": user.rating_count,
        "warned_at": user.warned_at,
        "paused_until": user.paused_until,
        "sessions": list(user.auth_token_set.values("public_id", "installation", "device_name", "created", "expiry")),
        "blocks": list(user.blocks_made.values("blocked_id", "created_at")),
        "reports": list(user.reports_made.values("reported_id", "reason", "subject", "text", "created_at")),
    }
