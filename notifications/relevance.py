"""What only a layer above knows: whether what an event tells of is still so when the push goes out.

For kinds told to many, of whom nobody could be told of the end: taking back thousands of notices would hold up the
one who took the pickup. Whoever knows registers a check in its `AppConfig.ready`.
"""

from collections.abc import Callable, Collection, Set

# From ids to those of which it still holds.
Check = Callable[[Collection[str]], Set[str]]
_checks: dict[str, tuple[str, Check]] = {}


def register_check(*, event: str, about: str, check: Check) -> None:
    """Ask `check` with the ids that events of this name hold under `about`."""
    _checks[event] = (about, check)


def has_check(event: str) -> bool:
    """Whether somebody knows if events of this name still hold."""
    return event in _checks


def pointless_among(event: str, data: Collection[dict[str, object]]) -> set[str]:
    """The ids in `data` of events of this name that hold no longer."""
    about, check = _checks[event]
    ids = {str(one[about]) for one in data if about in one}
    return ids - check(ids)


def subject_of(event: str, data: dict[str, object]) -> str:
    """The id that the check of this event is about."""
    return str(data.get(_checks[event][0], ""))
