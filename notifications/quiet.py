"""Quiet hours, decided in the city's own time."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings

from backend.shared.clock import city_zone
from notifications.models import Preferences


@dataclass(frozen=True)
class QuietHours:
    """From one time of day to another, usually over midnight; equal times mean none."""

    start: time
    end: time

    def covers(self, now: datetime) -> bool:
        """Whether `now` lies in them."""
        clock = now.astimezone(city_zone()).time()
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def end_after(self, now: datetime) -> datetime:
        """The next moment at which they end."""
        local = now.astimezone(city_zone())
        end = datetime.combine(local.date(), self.end, tzinfo=local.tzinfo)
        return end if end > local else end + timedelta(days=1)


def quiet_hours_of(preferences: Preferences) -> QuietHours:
    """The person's own, or the city's."""
    return QuietHours(
        preferences.quiet_from or time.fromisoformat(settings.QUIET_FROM),
        preferences.quiet_until or time.fromisoformat(settings.QUIET_UNTIL),
    )
