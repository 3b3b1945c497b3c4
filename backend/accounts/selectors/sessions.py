"""Reading sessions."""

import uuid
from datetime import datetime

from django.db.models import Q, QuerySet

from backend.accounts.models import Session, User
from backend.core.db.prepared import columns_of, fetch_models, fetch_prepared, models_from

_LIVE_SESSION = f"""
    SELECT {columns_of(Session)}, {columns_of(User)}
    FROM accounts_session JOIN accounts_user ON accounts_user.id = accounts_session.user_id
    WHERE accounts_session.digest = %(digest)s AND accounts_user.is_active
        AND (accounts_session.expiry IS NULL OR accounts_session.expiry > %(now)s)
"""  # noqa: S608 - names of our own columns


def find_live_session(*, digest: str, now: datetime) -> Session | None:
    """The live session of the token with this digest, with its `user`. Runs once per authenticated request."""
    for row in fetch_prepared(_LIVE_SESSION, {"digest": digest, "now": now}):
        session: Session
        session, session.user = models_from(row, Session, User)
        return session
    return None


def live_sessions(now: datetime) -> QuerySet[Session]:
    """Sessions that are neither over nor of a deactivated user."""
    return Session.objects.filter(Q(expiry=None) | Q(expiry__gt=now), user__is_active=True)


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
