"""Authentication of HTTP requests: `Authorization: Bearer <token>` against our own sessions."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from backend.accounts.models import Session, User
from backend.accounts.selectors.sessions import find_live_session

NOT_VALID = _("This sign-in is not valid any more. Sign in again.")


class BearerAuthentication(TokenAuthentication):  # type: ignore[misc]
    """Knox's reading of the header, with one prepared statement, and one refusal in the reader's language."""

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        """The user and their session; None without a bearer token. Raises AuthenticationFailed."""
        try:
            found: tuple[User, Session] | None = super().authenticate(request)
        except (AuthenticationFailed, UnicodeError) as error:
            raise AuthenticationFailed(NOT_VALID) from error
        return found

    def authenticate_credentials(self, token: bytes) -> tuple[User, Session]:
        """The session is looked up by the digest of the whole token; knox compares all with the same first letters."""
        session = find_live_session(digest=hash_token(token.decode("utf-8")), now=timezone.now())
        if session is None:
            raise AuthenticationFailed(NOT_VALID)
        return session.user, session


def user_of(request: Request) -> User:
    """The user of a request to a view that requires authentication."""
    assert isinstance(request.user, User)  # noqa: S101 - for the type checker; the view's permission has checked it
    return request.user


def session_of(request: Request) -> Session:
    """The session of a request to a view that requires authentication."""
    assert isinstance(request.auth, Session)  # noqa: S101 - as above
    return request.auth
