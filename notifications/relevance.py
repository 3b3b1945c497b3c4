"""Whether an event is still worth a push: not seen, read, withdrawn, muted, expired or switched off."""

import uuid
from collections.abc import Callable, Collection, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from django.conf import settings

from notifications.kinds import KINDS, Category, EventKind, Meeting, parse_time
from notifications.models import Event, Preferences
from notifications.quiet_hours import city_day_of, digest_after, held_back_until

# From ids to those that are still valid.
Check = Callable[[Collection[str]], Set[str]]
_checks: dict[str, tuple[str, Check]] = {}


def register_check(*, event: str, id_name: str, check: Check) -> None:
    """Call `check` before a push of this kind, with the ids that the events hold under `id_name`.

    For kinds that go to thousands of users: withdrawing so many events would block the request that ends them. The
    app that knows the ids registers the check in its `AppConfig.ready`.
    """
    _checks[event] = (id_name, check)


def invalid_ids(event: str, data: Collection[dict[str, object]]) -> set[str]:
    """The ids in `data` of events of this name that are no longer valid."""
    id_name, check = _checks[event]
    ids = {str(one[id_name]) for one in data if id_name in one}
    return ids - check(ids)


class Verdict(Enum):
    """What happens to an event that asks for a push."""

    SEND = auto()
    HOLD = auto()
    DROP = auto()


@dataclass(frozen=True)
class Decision:
    """A verdict; with HOLD, the time until which nothing is sent."""

    verdict: Verdict
    until: datetime | None = None


SEND, DROP = Decision(Verdict.SEND), Decision(Verdict.DROP)


@dataclass(frozen=True, kw_only=True)
class PushRules:
    """The rules for one user at one moment. Functions load data that few decisions need."""

    acked: int
    preferences: Preferences
    blocked_users: Set[uuid.UUID]  # in either direction
    now: datetime
    muted: Callable[[], Set[str]]  # collapse keys
    invalid: Callable[[str], Set[str]]  # by event name: the ids that are no longer valid
    meetings_today: Callable[[], Set[str]]  # ids of the matches and conversations with a handover today
    nearby_today: Callable[[], int]  # pushes about new pickups nearby since midnight

    def decide(self, event: Event) -> Decision:
        """Drop what is irrelevant or unwanted; hold what waits for the digest or for the morning."""
        kind = KINDS.get(event.name)
        if kind is None or kind.is_silent or self._is_irrelevant(event, kind):
            return DROP
        if kind.category is Category.NEARBY:
            return self._decide_nearby(event, kind)
        return self._hold_at_night(event, kind) if self._is_enabled(kind.category) else DROP

    def is_fresh(self, event: Event) -> bool:
        """Whether an open app may still show the event before a push is needed."""
        return event.seq > self.acked and event.created_at > self.now - timedelta(seconds=settings.PUSH_WAIT_S / 2)

    def _is_enabled(self, category: Category) -> bool:
        return bool(getattr(self.preferences, category))

    def _is_irrelevant(self, event: Event, kind: EventKind) -> bool:
        is_settled = event.seq <= self.acked or event.read_at is not None or event.withdrawn_at is not None
        if is_settled or event.by in self.blocked_users or kind.expires_at(event.data, event.created_at) <= self.now:
            return True
        if event.collapse_key and event.collapse_key in self.muted():
            return True
        if event.name not in _checks:
            return False
        id_name, _ = _checks[event.name]
        return str(event.data.get(id_name, "")) in self.invalid(event.name)

    def _decide_nearby(self, event: Event, kind: EventKind) -> Decision:
        """Send a few a day at once and the others with the digest. What has its pushes already only waits."""
        has_room = self._is_enabled(Category.NEARBY) and self.nearby_today() < int(settings.NEARBY_PUSHES_A_DAY)
        if event.pushed_at or has_room:
            return self._hold_at_night(event, kind)
        if not self.preferences.digest:
            return DROP
        due_at = digest_after(event.created_at)
        return self._hold_at_night(event, kind) if due_at <= self.now else Decision(Verdict.HOLD, until=due_at)

    def _hold_at_night(self, event: Event, kind: EventKind) -> Decision:
        """Quiet hours hold everything back except what is about a handover today."""
        until = held_back_until(self.preferences, self.now)
        if until is None or self._is_about_today(event, kind):
            return SEND
        return Decision(Verdict.HOLD, until=until)

    def _is_about_today(self, event: Event, kind: EventKind) -> bool:
        at = event.created_at if kind.meeting is Meeting.NOW else parse_time(event.data.get("at"))
        if kind.meeting is not Meeting.NONE and at is not None:
            return city_day_of(at) == city_day_of(self.now)
        ids = {event.data.get("match"), event.data.get("conversation")} - {None}
        return bool(ids) and not ids.isdisjoint(self.meetings_today())
