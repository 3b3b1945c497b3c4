"""Reading sessions."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from backend.accounts.models import Session, User
from backend.shared.prepared import columns_of, fetch_models, fetch_prepared, models_from


def sessions_sql(*, more: str = "", joined: str = "") -> str:
    """The statement behind `sessions_with_token_key`; what else a door needs to know can be asked along with it."""
    return f"""
        SELECT {columns_of(Session)}, {columns_of(User)} {"," if more else ""} {more}
        FROM accounts_session JOIN accounts_user ON accounts_user.id = accounts_session.user_id {joined}
        WHERE accounts_session.token_key = %(token_key)s
    """  # noqa: S608 - names of our own columns


_WITH_TOKEN_KEY = sessions_sql()


def sessions_with_token_key(token_key: str) -> list[Session]:
    """Sessions, alive or not, whose token begins so, each with its `user`. Every request of a phone asks this."""
    return [session_of_row(row) for row in fetch_prepared(_WITH_TOKEN_KEY, {"token_key": token_key})]


def session_of_row(row: Sequence[Any]) -> Session:
    """A session and its user of the columns of both."""
    session: Session
    session, session.user = models_from(row, Session, User)
    return session


def live_sessions(now: datetime) -> QuerySet[Session]:
    """Sessions that still admit somebody."""
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
