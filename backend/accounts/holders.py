"""Registries of the apps that hold personal data and of the one with the agreements between users.

Each registers itself in its `AppConfig.ready`: accounts must not import those apps, but has to reach them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

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


class Agreements(Protocol):
    """What the app with the agreements between users does; a module with these functions."""

    def is_used(self, *, user: User) -> bool:
        """Whether the user has posted, liked, received or joined anything."""

    def separate(self, *, blocker: User, blocked: User, now: datetime) -> None:
        """End what the two have with each other, at nobody's expense; idempotent, in several transactions."""

    def suspend(self, *, user: User, now: datetime) -> None:
        """Put on hold what the user offers, and end their agreements; idempotent, in several transactions."""

    def restore(self, *, user: User, now: datetime) -> None:
        """Undo what can be undone of `suspend`; idempotent, in several transactions."""

    def standing_of(self, *, user: User, now: datetime) -> tuple[Mapping[str, object], datetime | None]:
        """The user's pauses and limits, ready for JSON, and when the last of them ends; empty for none."""

    def take_up_standing(self, *, user: User, standing: Mapping[str, Any], now: datetime) -> None:
        """Apply what is left of a standing to this user; idempotent."""


_agreements: list[Agreements] = []


def register_agreements(app: Agreements) -> None:
    """Register the app with the agreements between users."""
    _agreements[:] = [app]


def agreements() -> Agreements:
    """The app with the agreements between users."""
    return _agreements[0]
