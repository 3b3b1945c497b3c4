"""Authentication of HTTP requests: `Authorization: Bearer <token>` against our own sessions."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request

from backend.accounts.errors import AccountSuspended
from backend.accounts.models import Session, User
from backend.accounts.selectors import find_live_session

NOT_VALID = _("This sign-in is not valid any more. Sign in again.")


class BearerAuthentication(TokenAuthentication):  # type: ignore[misc]
    """Knox's scheme and tokens, with one prepared statement and one refusal in the reader's language."""

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        """The user and their session; None without a bearer token. Raises AuthenticationFailed."""
        words = request.META.get("HTTP_AUTHORIZATION", "").split()
        if not words or words[0].lower() != "bearer":
            return None
        # Knox compares all tokens with the same first letters; the digest of the whole token is the primary key.
        session = find_live_session(digest=hash_token(words[1]), now=timezone.now()) if len(words) == 2 else None
        if session is None:
            raise AuthenticationFailed(NOT_VALID)
        return session.user, session


class MayAct(IsAuthenticated):
    """People who are signed in; somebody whom moderators suspended only reads, and does what a view opens to them."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises AccountSuspended."""
        if not super().has_permission(request, view):
            return False
        opened: frozenset[str] = getattr(view, "methods_for_suspended", frozenset())
        if user_of(request).is_suspended and request.method not in SAFE_METHODS and request.method not in opened:
            raise AccountSuspended
        return True


def user_of(request: Request) -> User:
    """The user of a request to a view that requires authentication."""
    assert isinstance(request.user, User)  # noqa: S101 - for the type checker; the view's permission has checked it
    return request.user


def session_of(request: Request) -> Session:
    """The session of a request to a view that requires authentication."""
    assert isinstance(request.auth, Session)  # noqa: S101 - as above
    return request.auth
