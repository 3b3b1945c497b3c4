"""Reading sessions, users and blocks."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from backend.accounts.identity import Identity
from backend.accounts.models import Block, DeviceUse, Session, User
from backend.core.db.prepared import columns_of, fetch_models, fetch_prepared, models_from
from backend.core.errors import NotFound

_LIVE_SESSION = f"""
    SELECT {columns_of(Session)}, {columns_of(User)}
    FROM accounts_session JOIN accounts_user ON accounts_user.id = accounts_session.user_id
    WHERE accounts_session.digest = %(digest)s
        AND (accounts_session.expiry IS NULL OR accounts_session.expiry > %(now)s)
"""  # noqa: S608 - names of our own columns


def find_live_session(*, digest: str, now: datetime) -> Session | None:
    """The live session of the token with this digest, with its `user`. Runs once per authenticated request."""
    for row in fetch_prepared(_LIVE_SESSION, {"digest": digest, "now": now}):
        session: Session
        session, session.user = models_from(row, Session, User)
        return session if session.user.is_admitted else None
    return None


def live_sessions(now: datetime) -> QuerySet[Session]:
    """Sessions that are not over, of users who may use the API."""
    return Session.objects.filter(Q(expiry=None) | Q(expiry__gt=now), user__in=User.objects.admitted())


def is_session_live(*, session_id: uuid.UUID, now: datetime) -> bool:
    """Whether the session with this public id has neither ended nor been revoked."""
    return live_sessions(now).filter(public_id=session_id).exists()


_SESSIONS = f"""
    SELECT {columns_of(Session)} FROM accounts_session
    WHERE user_id = %(user_id)s AND (expiry IS NULL OR expiry > %(now)s) AND public_id < %(before)s
    ORDER BY public_id DESC LIMIT %(limit)s
"""  # noqa: S608 - names of our own columns


def sessions_of(user: User, now: datetime, before: uuid.UUID, limit: int) -> list[Session]:
    """The live sessions of an active user, the newest sign-in first."""
    return fetch_models(Session, _SESSIONS, {"user_id": user.pk, "now": now, "before": before, "limit": limit})


def find_account(identity: Identity) -> User | None:
    """The account that this identity signs in to, if there is one; not somebody else's that has the number."""
    if identity.line_id:
        return User.objects.filter(line_id=identity.line_id).first()
    own = User.objects.filter(firebase_uid=identity.firebase_uid).first() if identity.firebase_uid else None
    if own is not None or not identity.phone:
        return own
    holder = User.objects.filter(phone=identity.phone).first()
    is_mine = holder and (holder.firebase_uid in {None, *identity.deleted_uids} or not identity.firebase_uid)
    return holder if is_mine else None


_BLOCKS = f"""
    SELECT {columns_of(Block)}, {columns_of(User)}
    FROM accounts_block JOIN accounts_user ON accounts_user.id = accounts_block.blocked_id
    WHERE accounts_block.blocker_id = %(user_id)s AND accounts_block.id < %(before)s
    ORDER BY accounts_block.id DESC LIMIT %(limit)s
"""  # noqa: S608 - names of our own columns


def get_person(user_id: uuid.UUID) -> User:
    """Somebody whose account still exists. Raises NotFound."""
    person = User.objects.filter(pk=user_id, erased_at=None).first()
    if person is None:
        raise NotFound
    return person


_BLOCK = f"""
    SELECT {columns_of(Block)}, {columns_of(User)}
    FROM accounts_block JOIN accounts_user ON accounts_user.id = accounts_block.blocked_id
    WHERE accounts_block.blocker_id = %(user_id)s AND accounts_block.blocked_id = %(blocked_id)s
"""  # noqa: S608 - names of our own columns


def block_page(user: User, before: int, limit: int) -> list[Block]:
    """The blocks of this person below the id `before`, the newest first, each with `blocked`."""
    rows = fetch_prepared(_BLOCKS, {"user_id": user.pk, "before": before, "limit": limit})
    return [_block_of_row(row) for row in rows]


def _block_of_row(row: Sequence[Any]) -> Block:
    block: Block
    block, block.blocked = models_from(row, Block, User)
    return block


def get_block_of(user: User, blocked_id: uuid.UUID) -> Block:
    """This person's block of another. Raises NotFound."""
    rows = fetch_prepared(_BLOCK, {"user_id": user.pk, "blocked_id": blocked_id})
    if not rows:
        raise NotFound
    return _block_of_row(rows[0])


def others_on_devices_of(user: User) -> QuerySet[User]:
    """Other accounts that were used on a device of this user, by name."""
    devices = DeviceUse.objects.filter(user=user).values("device")
    return User.objects.filter(device_uses__device__in=devices).exclude(pk=user.pk).distinct().order_by("display_name")


def has_block_between(user_id: uuid.UUID, other_ids: Collection[uuid.UUID]) -> bool:
    """Whether the user has blocked any of the others, or one of them the user."""
    made = Q(blocker=user_id, blocked__in=other_ids)
    received = Q(blocked=user_id, blocker__in=other_ids)
    return Block.objects.filter(made | received).exists()


def ids_blocked_with(user_id: uuid.UUID) -> QuerySet[Block, uuid.UUID]:
    """The ids of the users whom `user_id` has blocked or who have blocked `user_id`; for use in a subquery."""
    blocked = Block.objects.filter(blocker=user_id).values_list("blocked_id", flat=True)
    return blocked.union(Block.objects.filter(blocked=user_id).values_list("blocker_id", flat=True))


def blocked_with(user: str) -> str:
    """The same in SQL, for a subquery; `user` is the name of the parameter that holds the user's id."""
    return f"""
        SELECT blocked_id FROM accounts_block WHERE blocker_id = %({user})s
        UNION ALL SELECT blocker_id FROM accounts_block WHERE blocked_id = %({user})s
    """  # noqa: S608 - the name of a parameter
