"""Who a user is, according to an identity provider: Firebase, or the demo sign-in of development."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from django.conf import settings
from google.auth.exceptions import GoogleAuthError

from backend.accounts.errors import (
    AccountDisabled,
    IdentityExpired,
    IdentityRefused,
    IdentityRevoked,
    IdentityUnavailable,
    PhoneInvalid,
    ProviderUnknown,
)
from backend.core.errors import DomainError
from backend.core.firebase import firebase_app
from backend.core.text.typed import to_e164


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A phone in E.164 or a Firebase uid, or both; name and locale are what the user entered at sign-in."""

    phone: str | None
    firebase_uid: str | None = None
    name: str = ""
    locale: str = ""


class IdentityProvider(Protocol):
    """One way to learn who somebody is."""

    def identify(self, credentials: Mapping[str, str]) -> Identity:
        """Check what a phone sent. May ask the network. Raises DomainError for what proves nothing."""


def provider_names() -> list[str]:
    """The providers that exist in this configuration."""
    return ["firebase"] if settings.FIREBASE_PROJECT_ID else ["demo"]


class DemoProvider:
    """Accepts any phone number."""

    def identify(self, credentials: Mapping[str, str]) -> Identity:
        """The identity with this `phone`. Raises PhoneInvalid."""
        phone = to_e164(credentials["phone"])
        if phone is None:
            raise PhoneInvalid(field="phone")
        return Identity(phone=phone, name=credentials.get("name", ""), locale=credentials.get("locale", ""))


log = structlog.get_logger(__name__)
CLOCK_SKEW_S = 10


class FirebaseProvider:
    """Costs one request to Google, for the revocation."""

    def identify(self, credentials: Mapping[str, str]) -> Identity:
        """Verify `token`. Raises an IdentityRefused, AccountDisabled or IdentityUnavailable."""
        claims = _verify(credentials["token"])
        return Identity(
            phone=to_e164(str(claims.get("phone_number", ""))),
            firebase_uid=claims["uid"],
            name=credentials.get("name") or _storable(str(claims.get("name", ""))),
            locale=credentials.get("locale", ""),
        )


def _storable(name: str) -> str:
    """A name from elsewhere, without what PostgreSQL keeps in no text: NUL and lone surrogates."""
    return name.replace("\0", "").encode(errors="ignore").decode()


def _verify(token: str) -> Mapping[str, Any]:
    from firebase_admin import auth  # noqa: PLC0415 - takes half a second
    from firebase_admin.exceptions import FirebaseError  # noqa: PLC0415

    app = firebase_app()
    try:
        claims: Mapping[str, Any] = auth.verify_id_token(
            token, app, check_revoked=True, clock_skew_seconds=CLOCK_SKEW_S
        )
    except (FirebaseError, GoogleAuthError, ValueError, TypeError) as error:
        raise _refusal_of(error) from error
    return claims


def _refusal_of(error: Exception) -> DomainError:
    """What the SDK's error means. The order matters: expired and revoked are kinds of invalid."""
    from firebase_admin import auth  # noqa: PLC0415

    refusals: list[tuple[type[Exception], type[DomainError]]] = [
        (auth.ExpiredIdTokenError, IdentityExpired),
        (auth.RevokedIdTokenError, IdentityRevoked),
        (auth.UserDisabledError, AccountDisabled),
        (auth.InvalidIdTokenError, IdentityRefused),
        (auth.UserNotFoundError, IdentityRefused),
        (GoogleAuthError, IdentityUnavailable),
        # Not the SDK's own errors: an empty token, or one whose parts have the wrong JSON type.
        (ValueError, IdentityRefused),
        (TypeError, IdentityRefused),
    ]
    refusal = next((refusal for kind, refusal in refusals if isinstance(error, kind)), IdentityUnavailable)
    if refusal is IdentityUnavailable:
        log.warning("firebase_unavailable", reason=type(error).__name__)
        return IdentityUnavailable(retry_after_s=5)
    return refusal()


def provider_called(name: str) -> IdentityProvider:
    """The provider of this name. Raises ProviderUnknown for one that does not exist in this configuration."""
    if name not in provider_names():
        raise ProviderUnknown(field="provider")
    return FirebaseProvider() if name == "firebase" else DemoProvider()
