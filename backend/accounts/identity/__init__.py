"""Who somebody is, as an identity provider says: the one seam between sign-in and the world."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings

from backend.accounts.errors import ProviderUnknown


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A phone in E.164 or a Firebase uid, or both; name and locale are what the person said at sign-in."""

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


def provider_called(name: str) -> IdentityProvider:
    """The provider of this name. Raises ProviderUnknown for one that does not exist in this configuration."""
    from backend.accounts.identity.demo import DemoProvider  # noqa: PLC0415 - they import this module
    from backend.accounts.identity.firebase import FirebaseProvider  # noqa: PLC0415

    if name not in provider_names():
        raise ProviderUnknown(field="provider")
    return FirebaseProvider() if name == "firebase" else DemoProvider()
