"""Reading sessions."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, Q, QuerySet

from backend.accounts.models import Session, User
from backend.shared.prepared import fetch_prepared


def _fields(model: type[Model]) -> list[str]:
    return [str(field.attname) for field in model._meta.concrete_fields]


def _columns(model: type[Model]) -> str:
    table = model._meta.db_table
    return ", ".join(f'{table}."{field.column}"' for field in model._meta.concrete_fields)


_OF_SESSION, _OF_USER = _fields(Session), _fields(User)


def sessions_sql(*, more: str = "", joined: str = "") -> str:
    """The statement behind `sessions_with_token_key`; what else a door needs to know can be asked along with it."""
    return f"""
        SELECT {_columns(Session)}, {_columns(User)} {"," if more else ""} {more}
        FROM accounts_session JOIN accounts_user ON accounts_user.id = accounts_session.user_id {joined}
        WHERE accounts_session.token_key = %(token_key)s
    """  # noqa: S608 - names of our own columns


_WITH_TOKEN_KEY = sessions_sql()


def sessions_with_token_key(token_key: str) -> list[Session]:
    """Sessions, alive or not, whose token begins so, each with its `user`. Every request of a phone asks this."""
    return [session_of_row(row) for row in fetch_prepared(_WITH_TOKEN_KEY, {"token_key": token_key})]


def session_of_row(row: Sequence[Any]) -> Session:
    """A session and its user of the columns of both."""
    split = len(_OF_SESSION)
    session: Session = Session.from_db(DEFAULT_DB_ALIAS, _OF_SESSION, row[:split])
    session.user = User.from_db(DEFAULT_DB_ALIAS, _OF_USER, row[split : split + len(_OF_USER)])
    return session


def live_sessions(now: datetime) -> QuerySet[Session]:
    """Sessions that still admit somebody."""
    return Session.objects.filter(Q(expiry=None) | Q(expiry__gt=now), user__is_active=True)


def is_session_live(*, session_id: uuid.UUID, now: datetime) -> bool:
    """Whether the session with this public id has neither ended nor been revoked."""
    return live_sessions(now).filter(public_id=session_id).exists()


def sessions_of(user: User, now: datetime) -> QuerySet[Session]:
    """This person's devices, the newest sign-in first."""
    return live_sessions(now).filter(user=user).order_by("-created", "-public_id")
