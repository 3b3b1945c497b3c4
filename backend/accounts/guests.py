"""Who asks on the short way (`backend.shared.express`): the rules of `authentication`, on rows instead of objects."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from knox.settings import CONSTANTS

from backend.accounts.authentication import is_over, opens
from backend.accounts.models.user import is_paused


class Guest(NamedTuple):
    """As much of a person as a hot door looks at, and what it asked for besides."""

    user_id: uuid.UUID
    locale: str
    paused_until: datetime | None
    more: tuple[Any, ...]

    def is_paused_at(self, now: datetime) -> bool:
        """As of a `User`."""
        return is_paused(self.paused_until, now)


def guests_sql(*, more: str = "", joined: str = "") -> str:
    """A statement for `guest_of`, about some tokens at once, with what else a door needs to know.

    Its value is `token_keys`, what `token_key_of` says of each.
    """
    return f"""
        SELECT token_key, accounts_session.digest, accounts_session.expiry, accounts_user.is_active,
               accounts_user.id, accounts_user.locale, accounts_user.paused_until {"," if more else ""} {more}
        FROM accounts_session JOIN accounts_user ON accounts_user.id = accounts_session.user_id {joined}
        WHERE token_key = ANY(%(token_keys)s::text[])
    """  # noqa: S608 - names of our own columns


def token_key_of(token: str) -> str:
    """The part of it by which sessions are looked up; several may have the same."""
    return token[: CONSTANTS.TOKEN_KEY_LENGTH]


def guest_of(token: str, rows: Iterable[tuple[Any, ...]], now: datetime) -> Guest | None:
    """Whom the token lets in now; None for nobody."""
    for token_key, digest, expiry, is_active, user_id, locale, paused_until, *more in rows:
        if token.startswith(token_key) and not is_over(expiry, now) and opens(digest, token):
            return Guest(user_id, locale, paused_until, tuple(more)) if is_active else None
    return None
