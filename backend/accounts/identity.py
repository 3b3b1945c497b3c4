"""Who a user is, according to an identity provider: Firebase, LINE, or the demo sign-in of development."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from google.auth.exceptions import GoogleAuthError

from backend.accounts.errors import (
    AccountDisabled,
    IdentityAnonymous,
    IdentityExpired,
    IdentityRefused,
    IdentityRevoked,
    IdentityUnavailable,
    PhoneInvalid,
    ProviderUnknown,
)
from backend.accounts.line_login import verify_id_token
from backend.accounts.models import User
from backend.core.errors import DomainError
from backend.core.firebase import firebase_app
from backend.core.text.phones_and_codes import to_e164

log = structlog.get_logger(__name__)
CLOCK_SKEW_S = 10


@dataclass(frozen=True)
class SingleUse:
    """The number of a proof that works once, and when it would expire."""

    id: uuid.UUID
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A phone in E.164 or a Firebase uid, or both, or a LINE id; name and locale are what the user entered at sign-in.

    `deleted_uids`: Firebase users with an account of the same number here who no longer exist at Firebase.
    `single_use`: set for a proof that works once.
    """

    phone: str | None = None
    firebase_uid: str | None = None
    line_id: str | None = None
    single_use: SingleUse | None = None
    name: str = ""
    locale: str = ""
    deleted_uids: frozenset[str] = frozenset()


def provider_names() -> list[str]:
    """The providers that exist in this configuration."""
    names = ["firebase"] if settings.FIREBASE_PROJECT_ID else ["demo"]
    return [*names, "line"] if settings.LINE_LOGIN_CHANNEL_ID else names


def _identify_by_number(credentials: Mapping[str, str]) -> Identity:
    """The identity of this `phone`, without proof. Raises PhoneInvalid."""
    phone = to_e164(credentials["phone"])
    if phone is None:
        raise PhoneInvalid(field="phone")
    return Identity(phone=phone, name=credentials.get("name", ""), locale=credentials.get("locale", ""))


def _identify_by_firebase(credentials: Mapping[str, str]) -> Identity:
    """Verify `token`, with one request to Google for the revocation.

    Raises an IdentityRefused, AccountDisabled or IdentityUnavailable.
    """
    claims = _verify(credentials["token"])
    if _is_anonymous(claims) and not settings.FIREBASE_ANONYMOUS:
        raise IdentityAnonymous
    phone = to_e164(str(claims.get("phone_number", "")))
    return Identity(
        phone=phone,
        firebase_uid=claims["uid"],
        deleted_uids=_deleted_uids(phone, claims["uid"]),
        name=credentials.get("name") or _storable(str(claims.get("name", ""))),
        locale=credentials.get("locale", ""),
    )


def _is_anonymous(claims: Mapping[str, Any]) -> bool:
    """Whether the token proves nothing about the person: no number, no address and no account elsewhere."""
    details = claims.get("firebase")
    details = details if isinstance(details, Mapping) else {}
    return details.get("sign_in_provider") == "anonymous" and not details.get("identities")


def _deleted_uids(phone: str | None, uid: str) -> frozenset[str]:
    """The Firebase user with an account of this number here, if another one than `uid` and deleted at Firebase.

    Costs one more request to Google, in this case only.
    """
    if phone is None:
        return frozenset()
    others = User.objects.filter(phone=phone, firebase_uid__isnull=False).exclude(firebase_uid=uid)
    return frozenset(other for other in others.values_list("firebase_uid", flat=True) if other and _is_deleted(other))


def _is_deleted(uid: str) -> bool:
    from firebase_admin import auth  # noqa: PLC0415
    from firebase_admin.exceptions import FirebaseError  # noqa: PLC0415

    try:
        auth.get_user(uid, firebase_app())
    except auth.UserNotFoundError:
        return True
    except (FirebaseError, GoogleAuthError, ValueError) as error:
        raise _refusal_of(error) from error
    return False


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


def _identify_by_line(credentials: Mapping[str, str]) -> Identity:
    """Verify `token`, and its `nonce` if it has one. Asks LINE for its keys once in a while.

    Raises an IdentityRefused or IdentityUnavailable.
    """
    claims = verify_id_token(credentials["token"], nonce=credentials.get("nonce", ""))
    return Identity(
        line_id=claims["sub"],
        single_use=_single_use_of(claims),
        name=credentials.get("name") or _storable(str(claims.get("name", ""))),
        locale=credentials.get("locale", ""),
    )


def _single_use_of(claims: Mapping[str, Any]) -> SingleUse | None:
    """A token with a nonce was made for one sign-in. LIFF hands out the same token, without one, until it expires."""
    if not claims.get("nonce"):
        return None
    number = uuid.uuid5(uuid.NAMESPACE_URL, f"{claims['iss']} {claims['sub']} {claims['nonce']}")
    return SingleUse(number, datetime.fromtimestamp(claims["exp"], tz=UTC) + timedelta(seconds=CLOCK_SKEW_S))


_PROVIDERS: Mapping[str, Callable[[Mapping[str, str]], Identity]] = {
    "demo": _identify_by_number,
    "firebase": _identify_by_firebase,
    "line": _identify_by_line,
}


def require_provider(name: str) -> None:
    """Raise ProviderUnknown for one that does not exist in this configuration."""
    if name not in provider_names():
        raise ProviderUnknown(field="provider")


def identify(credentials: Mapping[str, str]) -> Identity:
    """Check what a client sent as proof; `provider` says what it is. May ask the network.

    Raises ProviderUnknown, and other DomainErrors for what proves nothing.
    """
    require_provider(credentials["provider"])
    return _PROVIDERS[credentials["provider"]](credentials)
