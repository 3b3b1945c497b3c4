"""Who is asking: `Authorization: Bearer <token>` against the sessions of our own."""

import binascii
from collections.abc import Callable, Iterable
from datetime import datetime
from hmac import compare_digest
from typing import TypeAlias

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from backend.accounts.models import Session, User
from backend.accounts.selectors.sessions import sessions_with_token_key

NOT_VALID = _("This sign-in is not valid any more. Sign in again.")


Find: TypeAlias = Callable[[str], Iterable[Session]]


class BearerAuthentication(TokenAuthentication):  # type: ignore[misc]
    """Knox's, in one query, in the reader's language, and without failing on bytes that are no text.

    A door may have its own `find_sessions` (see `sessions_with_token_key`), to learn more by the same query.
    """

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        """Who asks, and by which session; None without a bearer token. Raises AuthenticationFailed."""
        self._find: Find = getattr(request.parser_context.get("view"), "find_sessions", sessions_with_token_key)
        try:
            found: tuple[User, Session] | None = super().authenticate(request)
        except (AuthenticationFailed, UnicodeDecodeError) as error:
            raise AuthenticationFailed(NOT_VALID) from error
        return found

    def authenticate_credentials(self, token: bytes) -> tuple[User, Session]:
        """Knox's, which would build the same query anew each time, and look at all the person's sessions."""
        text = token.decode("utf-8")
        for session in self._find(text[: CONSTANTS.TOKEN_KEY_LENGTH]):
            if not is_over(session.expiry, timezone.now()) and opens(session.digest, text):
                found: tuple[User, Session] = self.validate_user(session)
                return found
        raise AuthenticationFailed(NOT_VALID)


def is_over(expiry: datetime | None, now: datetime) -> bool:
    """Whether a session that ends then has ended."""
    return expiry is not None and expiry < now


def opens(digest: str, token: str) -> bool:
    """Whether this is the token of which only the digest is kept."""
    try:
        return compare_digest(hash_token(token), digest)
    except (TypeError, binascii.Error):
        return False


def user_of(request: Request) -> User:
    """Who asks, at a door that only admits people who have signed in."""
    assert isinstance(request.user, User)  # noqa: S101 - for the type checker; the door's permission saw to it
    return request.user


def session_of(request: Request) -> Session:
    """The session by which a signed-in person asks."""
    assert isinstance(request.auth, Session)  # noqa: S101 - as above
    return request.auth
