"""Whether one event is worth a push now."""

import uuid
from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from django.conf import settings

from notifications.kinds import KINDS, THROUGH_QUIET_HOURS, Category
from notifications.models import Event, Preferences
from notifications.quiet import quiet_hours_of


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
    """What holds for one person at one moment."""

    acked: int
    preferences: Preferences
    estranged: Set[uuid.UUID]
    now: datetime

    def ruling_on(self, event: Event) -> Ruling:
        """DROP what has been seen, is not wanted, or comes from somebody blocked; HOLD what can wait for morning."""
        kind = KINDS.get(event.name)
        if kind is None or self._is_pointless(event) or not self.wants(kind.category):
            return DROP
        return Ruling(Verdict.HOLD, until=self._morning()) if self._can_wait(kind.category) else SEND

    def is_fresh(self, event: Event) -> bool:
        """Whether an open app may still be about to show it: the person is due for an older event."""
        return event.seq > self.acked and event.created_at > self.now - timedelta(seconds=settings.PUSH_WAIT_S / 2)

    def shown_by(self, event: Event) -> datetime:
        """By when an open app has shown it, if there is one."""
        return event.created_at + timedelta(seconds=settings.PUSH_WAIT_S)

    def wants(self, category: Category) -> bool:
        """Whether the person has left this kind switched on."""
        return bool(getattr(self.preferences, category))

    def _morning(self) -> datetime:
        return quiet_hours_of(self.preferences).end_after(self.now)

    def _is_pointless(self, event: Event) -> bool:
        return event.seq <= self.acked or event.read_at is not None or event.by in self.estranged

    def _can_wait(self, category: Category) -> bool:
        return category not in THROUGH_QUIET_HOURS and quiet_hours_of(self.preferences).covers(self.now)
