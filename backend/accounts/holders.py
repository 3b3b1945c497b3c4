"""The apps above accounts that hold something about people, each registered in its `AppConfig.ready`.

Accounts may not import them, yet one request of a person has to reach all that is held about him.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from backend.accounts.models import User


class Holder(Protocol):
    """What one app does for a person; `erase` inside the caller's transaction. A module with these functions is one."""

    def export(self, *, user: User) -> Mapping[str, object]:
        """All it holds about `user`, ready for JSON."""

    def leave(self, *, user: User, now: datetime) -> None:
        """End what others still wait for, outside of any transaction; may be done again."""

    def erase(self, *, user: User, now: datetime) -> None:
        """Remove or anonymise what it holds about `user`."""


_holders: dict[str, Holder] = {}


def register_holder(name: str, holder: Holder) -> None:
    """Make `holder` known as `name`, the key of its part in an export."""
    _holders[name] = holder


def export_all(*, user: User) -> dict[str, Mapping[str, object]]:
    """What every app holds about `user`."""
    return {name: holder.export(user=user) for name, holder in _holders.items()}


def leave_all(*, user: User, now: datetime) -> None:
    """Have every app end what others still wait for."""
    for holder in _holders.values():
        holder.leave(user=user, now=now)


def erase_all(*, user: User, now: datetime) -> None:
    """Have every app remove or anonymise what it holds about `user`."""
    for holder in _holders.values():
        holder.erase(user=user, now=now)
