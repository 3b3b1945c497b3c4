"""ID tokens of LINE Login: OpenID Connect, checked by PyJWT with the keys that the issuer publishes.

LIFF and native apps get tokens signed with ES256, the login in a browser gets HS256 with the channel's secret.
"""

import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
import jwt
import structlog
from django.conf import settings

from backend.accounts.errors import IdentityExpired, IdentityRefused, IdentityUnavailable

log = structlog.get_logger(__name__)
CLOCK_SKEW_S = 10
KEYS_KEPT_S = 3_600
TIMEOUT_S = 3
RETRY_S = 5  # after a failure; a request that waits for an issuer holds a thread
LINE_ID_CHARACTERS_MAX = 64
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]


class IssuerKeys(jwt.PyJWKClient):
    """The public keys of an OpenID Connect issuer, found by its discovery document and kept for `KEYS_KEPT_S`."""

    def __init__(self, issuer: str) -> None:
        super().__init__(issuer, lifespan=KEYS_KEPT_S, timeout=TIMEOUT_S)
        self._issuer = issuer
        self._retry_at = 0.0

    def fetch_data(self) -> Any:
        """Ask the issuer. Raises IdentityUnavailable, for `RETRY_S` without asking again."""
        if time.monotonic() < self._retry_at:
            raise IdentityUnavailable(retry_after_s=RETRY_S)
        try:
            self.uri = self._find_keys()
            return super().fetch_data()
        except (httpx.HTTPError, jwt.PyJWTError, OSError, ValueError, KeyError, TypeError) as error:
            self._retry_at = time.monotonic() + RETRY_S
            log.warning("line_keys_unavailable", reason=type(error).__name__)
            raise IdentityUnavailable(retry_after_s=RETRY_S) from error

    def _find_keys(self) -> str:
        url = f"{self._issuer}/.well-known/openid-configuration"
        found = httpx.get(url, timeout=TIMEOUT_S, trust_env=False).raise_for_status().json()
        if found["issuer"] != self._issuer:
            raise ValueError("The discovery document is of another issuer.")
        return str(found["jwks_uri"])


@cache
def _issuer_keys(issuer: str) -> IssuerKeys:
    return IssuerKeys(issuer)


def verify_id_token(token: str, *, nonce: str) -> Mapping[str, Any]:
    """The claims of a valid ID token; `sub` is the LINE id. A token with a nonce is valid only beside this nonce.

    Raises IdentityExpired, another IdentityRefused, or IdentityUnavailable.
    """
    try:
        algorithm, key = _key_of(token)
        claims = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=settings.LINE_LOGIN_CHANNEL_ID,
            issuer=settings.LINE_LOGIN_ISSUER,
            leeway=CLOCK_SKEW_S,
            options={"require": REQUIRED, "strict_aud": True},
        )
    except jwt.ExpiredSignatureError as error:
        raise IdentityExpired from error
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise IdentityRefused from error
    if claims.get("nonce", "") != nonce or not _is_line_id(claims["sub"]):
        raise IdentityRefused
    return claims


def _key_of(token: str) -> tuple[str, Any]:
    """The algorithm of a token, and the one key that goes with it: a public key never becomes a shared secret."""
    header = jwt.get_unverified_header(token)
    if header.get("alg") == "HS256":
        return "HS256", settings.LINE_LOGIN_CHANNEL_SECRET
    if header.get("alg") == "ES256" and isinstance(header.get("kid"), str):
        return "ES256", _issuer_keys(settings.LINE_LOGIN_ISSUER).get_signing_key(header["kid"])
    raise IdentityRefused


def _is_line_id(value: str) -> bool:
    return 0 < len(value) <= LINE_ID_CHARACTERS_MAX and value.isascii() and value.isalnum()
