"""The app with the agreements between users, which registers itself in its `AppConfig.ready`.

Accounts must not import that app, but has to reach it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from backend.accounts.models import User


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
