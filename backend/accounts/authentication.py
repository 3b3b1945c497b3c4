"""Who is asking: `Authorization: Bearer <token>` against the sessions of our own."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from backend.accounts.models import Session


class BearerAuthentication(TokenAuthentication):  # type: ignore[misc]
    """Knox's, in one query, and without failing on bytes that are no text."""

    def authenticate_credentials(self, token: bytes) -> Any:
        """`(user, session)`; raises AuthenticationFailed for an unknown, expired or revoked token."""
        if not token.isascii():
            raise AuthenticationFailed(_("This sign-in is not valid any more. Sign in again."))
        return super().authenticate_credentials(token)

    def _cleanup_token(self, auth_token: Session) -> bool:
        """Whether the session has expired. Knox would look at, and delete, all the person's sessions here."""
        return auth_token.expiry is not None and auth_token.expiry < timezone.now()
