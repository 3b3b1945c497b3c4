"""Who is asking: `Authorization: Bearer <token>` against the sessions of our own."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from backend.accounts.models import Session, User

NOT_VALID = _("This sign-in is not valid any more. Sign in again.")


class BearerAuthentication(TokenAuthentication):  # type: ignore[misc]
    """Knox's, in one query, in the reader's language, and without failing on bytes that are no text."""

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        """Who asks, and by which session; None without a bearer token. Raises AuthenticationFailed."""
        try:
            found: tuple[User, Session] | None = super().authenticate(request)
        except (AuthenticationFailed, UnicodeDecodeError) as error:
            raise AuthenticationFailed(NOT_VALID) from error
        return found

    def _cleanup_token(self, auth_token: Session) -> bool:
        """Whether the session has expired. Knox would look at, and delete, all the person's sessions here."""
        return auth_token.expiry is not None and auth_token.expiry < timezone.now()


def user_of(request: Request) -> User:
    """Who asks, at a door that only admits people who have signed in."""
    assert isinstance(request.user, User)  # noqa: S101 - for the type checker; the door's permission saw to it
    return request.user


def session_of(request: Request) -> Session:
    """The session by which a signed-in person asks."""
    assert isinstance(request.auth, Session)  # noqa: S101 - as above
    return request.auth
