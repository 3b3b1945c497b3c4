"""Signing in: from an identity to an account, and what happens when a proved number has an account of its own."""

import math
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from backend.accounts.errors import AccountDisabled, AccountErasing, IdentityUnavailable
from backend.accounts.identity import Identity
from backend.accounts.models import AVATAR_COLOURS, Session, User
from backend.accounts.services.identities import (
    can_give_way,
    give_up_number,
    give_way,
    is_account_of,
    lock_accounts,
    use_up,
)
from backend.accounts.services.sessions import end_sessions, note_device_use
from backend.accounts.services.standing import keep_standing_of_identity, take_up_standing
from backend.core.db.ids import new_id
from backend.core.text.characters import clean_line, cut, has_visible

NAME_CHARACTERS_MAX = 80


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """An open session; `token` is shown this once. `created`: the account is new.

    `has_other_account`: the number that was proved belongs to another account, which keeps it.
    """

    user: User
    session: Session
    token: str
    created: bool
    has_other_account: bool


@transaction.atomic
def sign_in(
    *, identity: Identity, installation: str, device_name: str, keep_account: bool = False, now: datetime
) -> SignedIn:
    """Open a session for `identity`, making its account at first sight; replaces this device's old session.

    An empty `installation` counts as a device of its own. `keep_account` takes back an erasure that has begun. Raises
    AccountDisabled, AccountErasing or IdentityUsed.
    """
    use_up(identity)
    found = _account_of(identity, now)
    user = found.user
    if not user.is_admitted:
        _take_back(user, keep_account, now)
    device = installation or uuid.uuid4().hex
    end_sessions(Session.objects.filter(user=user, installation=device))
    session, token = Session.objects.issue(user=user, installation=device, device_name=device_name, now=now)
    if installation:
        note_device_use(user=user, installation=installation, now=now)
    return SignedIn(
        user=user, session=session, token=token, created=found.is_new, has_other_account=found.has_other_account
    )


def _take_back(user: User, keep_account: bool, now: datetime) -> None:
    """Stop the erasure of a locked account. Raises AccountDisabled, or AccountErasing if that is not wanted."""
    if user.erasing_at is None:
        raise AccountDisabled
    if not keep_account:
        raise AccountErasing(days=max(1, math.ceil((user.erasing_at - now) / timedelta(days=1))))
    user.is_active, user.erasing_at = user.suspended_at is None, None
    user.save(update_fields=["is_active", "erasing_at"])


@dataclass(frozen=True, kw_only=True)
class _Account:
    """A locked account."""

    user: User
    is_new: bool = False
    has_other_account: bool = False


def _account_of(identity: Identity, now: datetime) -> _Account:
    """The account of an identity. Of two first sign-ins at once the second waits for the first."""
    own, holder = _locked_accounts(identity)
    if holder is None:
        return _own_or_new(own, identity, identity.phone, now)
    if holder == own or identity.firebase_uid is None:
        _keep_up_with(holder, identity, identity.phone, now)
        return _Account(user=holder)
    return _resolve(own, holder, identity, now)


def _locked_accounts(identity: Identity) -> tuple[User | None, User | None]:
    """The account of the Firebase or LINE user, and the one with the number."""
    found = lock_accounts(identity)
    own = next((user for user in found if is_account_of(user, identity)), None)
    holder = next((user for user in found if identity.phone and user.phone == identity.phone), None)
    return own, holder


def _resolve(own: User | None, holder: User, identity: Identity, now: datetime) -> _Account:
    """Bring together the account of a Firebase user and the one that has had their number until now.

    An account that nobody else can sign in to is adopted with all it holds; an unused one gives way. If both are used,
    or the holder has a living Firebase user, each account stays as it is, and the number with its holder.
    """
    is_adoptable = holder.firebase_uid is None or holder.firebase_uid in identity.deleted_uids
    is_used = not can_give_way(holder)
    if is_adoptable and own is None and (is_used or holder.firebase_uid is None):
        _keep_up_with(holder, identity, identity.phone, now)
        return _Account(user=holder)
    if not is_used:
        give_up_number(holder)
        return _own_or_new(own, identity, identity.phone, now)
    if is_adoptable and own and can_give_way(own):
        # Sessions made without proof of the number, or by a Firebase user who was deleted, end.
        end_sessions(Session.objects.filter(user=holder))
        holder.firebase_uid = None
        give_way(user=own, heir=holder, now=now)
        return _Account(user=holder)
    return replace(_own_or_new(own, identity, None, now), has_other_account=True)


def _own_or_new(own: User | None, identity: Identity, phone: str | None, now: datetime) -> _Account:
    if own is not None:
        _keep_up_with(own, identity, phone, now)
        return _Account(user=own)
    fresh = _new_account(identity, phone, now)
    User.objects.bulk_create([fresh], ignore_conflicts=True)
    user = User.objects.select_for_update(of=("self",), no_key=True).filter(pk=fresh.pk).first()
    if user is not None:
        take_up_standing(user=user, now=now)
        return _Account(user=user, is_new=True)
    # Another sign-in has made the account, or has taken the number, at the same moment.
    own, holder = _locked_accounts(identity)
    found = own or (holder if identity.firebase_uid is None else None)
    if found is None:
        raise IdentityUnavailable(retry_after_s=1)
    return _Account(user=found)


def _keep_up_with(user: User, identity: Identity, phone: str | None, now: datetime) -> None:
    """Adopt the account for its Firebase user, and follow a change of the number there."""
    if not identity.firebase_uid:
        return
    changes = {"firebase_uid": identity.firebase_uid, "phone": phone or user.phone}
    if changes == {"firebase_uid": user.firebase_uid, "phone": user.phone}:
        return
    if user.firebase_uid != identity.firebase_uid:
        # Sessions made without proof of the number, or by a Firebase user who was deleted, end.
        end_sessions(Session.objects.filter(user=user))
    if user.phone not in {None, changes["phone"]}:
        keep_standing_of_identity(user=user, kind="phone", now=now)
    user.firebase_uid, user.phone = changes["firebase_uid"], changes["phone"]
    user.save(update_fields=["firebase_uid", "phone"])
    take_up_standing(user=user, now=now)


def _new_account(identity: Identity, phone: str | None, now: datetime) -> User:
    user_id = new_id()
    locale = identity.locale if identity.locale in User.Locale.values else settings.LANGUAGE_CODE
    with translation.override(locale):
        name = clean_line(identity.name)
        name = name if has_visible(name) else gettext("Neighbour")
    user = User(
        id=user_id,
        phone=phone,
        firebase_uid=identity.firebase_uid,
        line_id=identity.line_id,
        display_name=cut(name, NAME_CHARACTERS_MAX),
        locale=locale,
        avatar_colour=AVATAR_COLOURS[user_id.int % len(AVATAR_COLOURS)],
        created_at=now,
    )
    user.set_unusable_password()
    return user
