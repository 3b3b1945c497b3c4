"""A registry of the apps that hold personal data; each registers itself in its `AppConfig.ready`.

Accounts must not import those apps, but an export and an erasure have to reach all of them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from backend.accounts.models import User


class Holder(Protocol):
    """What an app does with a user's data: a module with these functions. `erase` runs in the caller's transaction."""

    def export(self, *, user: User) -> Mapping[str, object]:
        """All data about `user`, ready for JSON."""

    def leave(self, *, user: User, now: datetime) -> None:
        """End the user's open obligations, outside of a transaction; idempotent."""

    def erase(self, *, user: User, now: datetime) -> None:
        """Delete or anonymise the data about `user`."""


_holders: dict[str, Holder] = {}


def register_holder(name: str, holder: Holder) -> None:
    """Register `holder`; `name` is its key in an export."""
    _holders[name] = holder


def export_all(*, user: User) -> dict[str, Mapping[str, object]]:
    """The data of every app about `user`."""
    return {name: holder.export(user=user) for name, holder in _holders.items()}


def leave_all(*, user: User, now: datetime) -> None:
    """End the user's open obligations in every app."""
    for holder in _holders.values():
        holder.leave(user=user, now=now)


def erase_all(*, user: User, now: datetime) -> None:
    """Delete or anonymise the data of every app about `user`."""
    for holder in _holders.values():
        holder.erase(user=user, now=now)
