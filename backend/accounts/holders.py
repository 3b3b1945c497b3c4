"""The apps above accounts that hold something about people, each registered in its `AppConfig.ready`.

Accounts may not import them, yet one request of a person has to reach all that is held about him.
"""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.accounts.models import User


def _nothing(**_: Any) -> None:
    return None


def _empty(**_: Any) -> Mapping[str, object]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Holder:
    """What one app does, inside the caller's transaction, for a person.

    `export(user=)` returns JSON-ready data; `erase(user=, now=)` removes or anonymises it;
    `forget_installations(user_id=, installations=)` runs when sessions on these devices end.
    """

    export: Callable[..., Mapping[str, object]] = _empty
    erase: Callable[..., None] = _nothing
    forget_installations: Callable[..., None] = _nothing


_holders: dict[str, Holder] = {}


def register_holder(name: str, holder: Holder) -> None:
    """Make `holder` known as `name`, the key of its part in an export."""
    _holders[name] = holder


def export_all(*, user: User) -> dict[str, Mapping[str, object]]:
    """What every app holds about `user`."""
    return {name: holder.export(user=user) for name, holder in _holders.items()}


def erase_all(*, user: User, now: datetime) -> None:
    """Have every app remove or anonymise what it holds about `user`."""
    for holder in _holders.values():
        holder.erase(user=user, now=now)


def forget_installations(*, user_id: uuid.UUID, installations: Collection[str]) -> None:
    """Have every app forget these devices of a person."""
    for holder in _holders.values():
        holder.forget_installations(user_id=user_id, installations=installations)
