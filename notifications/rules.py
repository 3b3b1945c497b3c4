"""Whether one event is worth a push now."""

import uuid
from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from django.conf import settings

from notifications.kinds import KINDS, USE_S, Category, EventKind, When
from notifications.models import Event, Preferences
from notifications.moments import moment_of
from notifications.quiet import city_day_of, digest_after, quiet_hours_of
from notifications.relevance import has_check, subject_of


class Verdict(Enum):
    """What is to become of an event that asks for a push."""

    SEND = auto()
    HOLD = auto()
    DROP = auto()


@dataclass(frozen=True)
class Ruling:
    """A verdict; with HOLD the time until which nothing is sent."""

    verdict: Verdict
    until: datetime | None = None


SEND, DROP = Ruling(Verdict.SEND), Ruling(Verdict.DROP)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What holds for one person at one moment. The functions are asked for only where something depends on them."""

    acked: int
    preferences: Preferences
    estranged: Set[uuid.UUID]
    now: datetime
    muted: Callable[[], Set[str]]  # collapse keys
    gone: Callable[[str], Set[str]]  # by the name of an event: what it tells of and is over
    meetings_today: Callable[[], Set[str]]  # ids of the matches and conversations with a handover today
    nearby_today: Callable[[], int]  # pushes about new pickups nearby since midnight

    def ruling_on(self, event: Event) -> Ruling:
        """DROP what is pointless or not wanted; HOLD what is for the digest, or can wait for the morning."""
        kind = KINDS.get(event.name)
        if kind is None or kind.is_silent or self._is_pointless(event, kind):
            return DROP
        if kind.category is Category.NEARBY:
            return self._ruling_on_nearby(event, kind)
        return self._ruling_by_clock(event, kind) if self.wants(kind.category) else DROP

    def is_fresh(self, event: Event) -> bool:
        """Whether an open app may still be about to show it: the person is due for an older event."""
        return event.seq > self.acked and event.created_at > self.now - timedelta(seconds=settings.PUSH_WAIT_S / 2)

    def shown_by(self, event: Event) -> datetime:
        """By when an open app has shown it, if there is one."""
        return event.created_at + timedelta(seconds=settings.PUSH_WAIT_S)

    def wants(self, category: Category) -> bool:
        """Whether the person has left this kind switched on."""
        return bool(getattr(self.preferences, category))

    def _is_pointless(self, event: Event, kind: EventKind) -> bool:
        """Seen, read, overtaken, withdrawn, expired, from somebody blocked, muted, or over."""
        is_settled = event.seq <= self.acked or event.read_at is not None or event.withdrawn_at is not None
        if is_settled or event.by in self.estranged or expiry_of(event, kind) <= self.now:
            return True
        return self._is_muted(event) or self._is_over(event)

    def _is_muted(self, event: Event) -> bool:
        return bool(event.collapse_key) and event.collapse_key in self.muted()

    def _is_over(self, event: Event) -> bool:
        return has_check(event.name) and subject_of(event.name, event.data) in self.gone(event.name)

    def _ruling_on_nearby(self, event: Event, kind: EventKind) -> Ruling:
        """A few a day at once; the others in the digest, for who wants one. What was claimed already only waits."""
        if event.pushed_at or (self.wants(Category.NEARBY) and self._has_room_for_nearby()):
            return self._ruling_by_clock(event, kind)
        due_at = digest_after(event.created_at)
        if not self.preferences.digest:
            return DROP
        return self._ruling_by_clock(event, kind) if due_at <= self.now else Ruling(Verdict.HOLD, until=due_at)

    def _has_room_for_nearby(self) -> bool:
        return self.nearby_today() < int(settings.NEARBY_PUSHES_A_DAY)

    def _ruling_by_clock(self, event: Event, kind: EventKind) -> Ruling:
        """Quiet hours hold back all but what is about a handover today."""
        quiet = quiet_hours_of(self.preferences)
        if not quiet.covers(self.now) or self._is_about_today(event, kind):
            return SEND
        return Ruling(Verdict.HOLD, until=quiet.end_after(self.now))

    def _is_about_today(self, event: Event, kind: EventKind) -> bool:
        at = event.created_at if kind.meets is When.NOW else moment_of(event.data.get("at"))
        if kind.meets is not When.NONE and at is not None:
            return city_day_of(at) == city_day_of(self.now)
        subjects = {event.data.get("match"), event.data.get("conversation")} - {None}
        return bool(subjects) and not subjects.isdisjoint(self.meetings_today())


def expiry_of(event: Event, kind: EventKind) -> datetime:
    """From when on nobody cares any more."""
    latest = event.created_at + timedelta(seconds=USE_S[kind.category])
    until = moment_of(event.data.get(kind.until)) if kind.until else None
    return min(until, latest) if until else latest
