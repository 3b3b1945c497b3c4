"""The identities of an account, which are the ways to sign in to it: phone number, Firebase user, LINE account."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.functional import partition

from backend.accounts.agreements import agreements
from backend.accounts.errors import (
    AccountDisabled,
    AnotherLinked,
    IdentityHasAccount,
    IdentityUsed,
    LastIdentity,
    NumberOfStaff,
)
from backend.accounts.identity import Identity, provider_names
from backend.accounts.models import IDENTITY_FIELDS, IdentityKind, Session, UsedTicket, User
from backend.accounts.services.account import anonymise_account
from backend.accounts.services.sessions import end_sessions
from backend.accounts.services.standing import keep_standing_of_identity, take_up_standing
from backend.core.db.constraints import translate_constraint
from backend.core.errors import NotFound

FIELDS = tuple(IDENTITY_FIELDS.values())
_TAKEN = {f"accounts_user_{field}_key": IdentityHasAccount for field in FIELDS}


def can_unlink(user: User, kind: IdentityKind) -> bool:
    """Whether the user could still sign in without this identity, in the present configuration."""
    usable = {"phone", *provider_names()}  # demo and Firebase, of which there is always one, know the number
    is_name_of_staff = kind == "phone" and user.is_staff
    return not is_name_of_staff and bool((user.identities.keys() & usable) - {kind})


@transaction.atomic
def link_identity(*, user: User, identity: Identity, now: datetime) -> User:
    """Add what was just proved to the user's account; a new phone number replaces the old one.

    Another account that has it gives way if it is unused. Raises IdentityHasAccount, AnotherLinked, AccountDisabled or
    IdentityUsed.
    """
    use_up(identity)
    others, [own] = partition(lambda found: found.pk == user.pk, lock_accounts(identity, Q(pk=user.pk)))
    if not own.is_active:
        raise AccountDisabled
    proved = {field: value for field in FIELDS if (value := getattr(identity, field))}
    if any(getattr(own, field) not in (None, value) for field, value in proved.items() if field != "phone"):
        raise AnotherLinked
    for other in others:
        _require_giving_way(other)
        if is_account_of(other, identity) or other.identities.keys() == {"phone"}:
            give_way(user=other, heir=own, now=now)
        else:
            give_up_number(other)  # somebody else may sign in there, who had the number before
    if identity.phone and own.phone not in {None, identity.phone}:
        keep_standing_of_identity(user=own, kind="phone", now=now)
    for field, value in proved.items():
        setattr(own, field, value)
    with translate_constraint(_TAKEN), transaction.atomic():
        own.save(update_fields=FIELDS)
    take_up_standing(user=own, now=now)
    return own


@transaction.atomic
def unlink_identity(*, user: User, kind: IdentityKind, keep: Session, now: datetime) -> User:
    """Remove an identity, and end all sessions but `keep`: one of them may have been opened with it.

    Raises NotFound, LastIdentity, or NumberOfStaff.
    """
    own = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    if kind not in own.identities:
        raise NotFound
    if not can_unlink(own, kind):
        raise NumberOfStaff if kind == "phone" and own.is_staff else LastIdentity
    keep_standing_of_identity(user=own, kind=kind, now=now)
    setattr(own, IDENTITY_FIELDS[kind], None)
    own.save(update_fields=[IDENTITY_FIELDS[kind]])
    end_sessions(Session.objects.filter(user=own).exclude(public_id=keep.public_id))
    return own


def lock_accounts(identity: Identity, others: Q | None = None) -> list[User]:
    """The accounts that have a part of this identity, and others, locked in the order of their ids."""
    condition = others or Q(pk=None)
    for field in FIELDS:
        if value := getattr(identity, field):
            condition |= Q(**{field: value})
    return list(User.objects.select_for_update(of=("self",), no_key=True).filter(condition).order_by("pk"))


def is_account_of(user: User, identity: Identity) -> bool:
    """Whether the account is the one of this Firebase or LINE user."""
    of_firebase = identity.firebase_uid and user.firebase_uid == identity.firebase_uid
    return bool(of_firebase or (identity.line_id and user.line_id == identity.line_id))


def use_up(identity: Identity) -> None:
    """Let a proof that works once not work again. Raises IdentityUsed."""
    once = identity.single_use
    if once is None:
        return
    # Of two requests with the same proof, the second waits here for the first.
    if not UsedTicket.objects.get_or_create(pk=once.id, defaults={"expires_at": once.expires_at})[1]:
        raise IdentityUsed


def can_give_way(user: User) -> bool:
    """Whether nothing is lost with this account: nobody has used it, and it is neither suspended nor of staff."""
    return user.is_active and not user.is_staff and not agreements().is_used(user=user)


def _require_giving_way(other: User) -> None:
    if not other.is_active:
        raise AccountDisabled
    if not can_give_way(other):
        raise IdentityHasAccount


def give_up_number(user: User) -> None:
    user.phone = None
    user.save(update_fields=["phone"])


def give_way(*, user: User, heir: User, now: datetime) -> None:
    """Erase an unused account of the same person; the identities that `heir` lacks move there. Both are locked."""
    moved = {field: value for field in FIELDS if (value := getattr(user, field)) and not getattr(heir, field)}
    anonymise_account(user=user, now=now)
    for field, value in moved.items():
        setattr(heir, field, value)
    heir.save(update_fields=FIELDS)
    take_up_standing(user=heir, now=now)
