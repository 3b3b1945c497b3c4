"""Starting a session by signing in, and ending sessions at once together with their sockets."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext

from backend.accounts.errors import AccountDisabled, IdentityUnavailable
from backend.accounts.identity import Identity
from backend.accounts.models import AVATAR_COLOURS, Session, User
from backend.core.db.ids import new_id
from backend.core.errors import NotFound
from backend.core.redis.nudges import publish_on_commit
from backend.core.text.characters import clean_line, cut, has_visible


@transaction.atomic
def end_session(*, user: User, session_id: uuid.UUID) -> None:
    """End one of this person's sessions. Raises NotFound for anybody else's."""
    if not end_sessions(Session.objects.filter(user=user, public_id=session_id)):
        raise NotFound


@transaction.atomic
def end_other_sessions(*, user: User, keep: Session) -> None:
    """End all of this user's sessions except the one of the request."""
    end_sessions(Session.objects.filter(user=user).exclude(public_id=keep.public_id))


def end_expired_sessions(*, now: datetime) -> int:
    """End those whose time is over; returns how many."""
    return end_sessions(Session.objects.filter(expiry__lte=now))


@transaction.atomic
def end_sessions(sessions: QuerySet[Session]) -> int:
    """End these; returns how many. Their sockets get `{"type": "signed_out", "session": id}` on commit."""
    ended = list(sessions.select_for_update(of=("self",), no_key=True).order_by("public_id"))
    Session.objects.filter(public_id__in=[session.public_id for session in ended]).delete()
    publish_on_commit(
        [(session.user_id, {"type": "signed_out", "session": str(session.public_id)}) for session in ended]
    )
    return len(ended)


NAME_CHARACTERS_MAX = 80


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """An open session; `token` is shown this once. `created`: the account is new."""

    user: User
    session: Session
    token: str
    created: bool


@transaction.atomic
def sign_in(*, identity: Identity, installation: str, device_name: str, now: datetime) -> SignedIn:
    """Open a session for `identity`, making its account at first sight; replaces this device's old session.

    An empty `installation` counts as a device of its own. Raises AccountDisabled.
    """
    user, created = _account_of(identity, now)
    if not user.is_active:
        raise AccountDisabled
    device = installation or uuid.uuid4().hex
    end_sessions(Session.objects.filter(user=user, installation=device))
    session, token = Session.objects.issue(user=user, installation=device, device_name=device_name, now=now)
    return SignedIn(user=user, session=session, token=token, created=created)


def _account_of(identity: Identity, now: datetime) -> tuple[User, bool]:
    """The account, locked, and whether it is new. Of two first sign-ins at once the second waits for the first."""
    known = _locked(firebase_uid=identity.firebase_uid) if identity.firebase_uid else None
    if known is None:
        _take_number_from_strangers(identity)
        fresh = _new_account(identity, now)
        User.objects.bulk_create([fresh], ignore_conflicts=True)
        known = _inserted_or_in_the_way(fresh, identity)
        if known.pk == fresh.pk:
            return known, True
    _keep_up_with(known, identity)
    return known, False


def _inserted_or_in_the_way(fresh: User, identity: Identity) -> User:
    """The row just inserted, or the one whose uid or number stopped it."""
    found = _locked(pk=fresh.pk)
    if found is None and identity.firebase_uid:
        found = _locked(firebase_uid=identity.firebase_uid)
    if found is None and identity.phone:
        unowned = {"firebase_uid__isnull": True} if identity.firebase_uid else {}
        found = _locked(phone=identity.phone, **unowned)
    if found is None:
        # What was in the way is gone again, or has just been adopted by somebody else: ask once more.
        raise IdentityUnavailable(retry_after_s=1)
    return found


def _locked(**by: object) -> User | None:
    return User.objects.select_for_update(of=("self",), no_key=True).filter(**by).first()


def _take_number_from_strangers(identity: Identity) -> None:
    """A number proven today belongs to who proved it; the account that had it before keeps all the rest.

    An account that no Firebase user owns is left: it was made by this number, and is adopted with it.
    """
    if identity.firebase_uid and identity.phone:
        others = User.objects.filter(phone=identity.phone, firebase_uid__isnull=False)
        others.exclude(firebase_uid=identity.firebase_uid).update(phone=None)


def _keep_up_with(user: User, identity: Identity) -> None:
    """Adopt the account for its Firebase user, and follow a change of the number there."""
    if not identity.firebase_uid:
        return
    changes = {"firebase_uid": identity.firebase_uid, "phone": identity.phone or user.phone}
    if changes == {"firebase_uid": user.firebase_uid, "phone": user.phone}:
        return
    if user.firebase_uid is None:
        # Until now nobody had proven the number: sessions made without proof end.
        end_sessions(Session.objects.filter(user=user))
    User.objects.filter(phone=changes["phone"]).exclude(pk=user.pk).update(phone=None)
    user.firebase_uid, user.phone = changes["firebase_uid"], changes["phone"]
    user.save(update_fields=["firebase_uid", "phone"])


def _new_account(identity: Identity, now: datetime) -> User:
    user_id = new_id()
    locale = identity.locale if identity.locale in User.Locale.values else settings.LANGUAGE_CODE
    with translation.override(locale):
        name = clean_line(identity.name)
        name = name if has_visible(name) else gettext("Neighbour")
    user = User(
        id=user_id,
        phone=identity.phone,
        firebase_uid=identity.firebase_uid,
        display_name=cut(name, NAME_CHARACTERS_MAX),
        locale=locale,
        avatar_colour=AVATAR_COLOURS[user_id.int % len(AVATAR_COLOURS)],
        created_at=now,
    )
    user.set_unusable_password()
    return user
