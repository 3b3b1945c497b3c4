"""Quiet hours, days and the time of the digest, decided in the city's own time."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings

from backend.core.clock import city_zone
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
        return next_time_after(now, self.end)


def quiet_hours_of(preferences: Preferences) -> QuietHours:
    """The person's own, or the city's."""
    return QuietHours(
        preferences.quiet_from or time.fromisoformat(settings.QUIET_FROM),
        preferences.quiet_until or time.fromisoformat(settings.QUIET_UNTIL),
    )


def next_time_after(now: datetime, clock: time) -> datetime:
    """The first moment after `now` at which the city's clocks show `clock`."""
    local = now.astimezone(city_zone())
    moment = datetime.combine(local.date(), clock, tzinfo=local.tzinfo)
    return moment if moment > local else moment + timedelta(days=1)


def digest_after(moment: datetime) -> datetime:
    """When what happened at `moment` is told in a digest."""
    return next_time_after(moment, time.fromisoformat(settings.DIGEST_AT))


def city_day_of(moment: datetime) -> date:
    """The day it is in the city."""
    return moment.astimezone(city_zone()).date()


def day_start_of(moment: datetime) -> datetime:
    """When the city's day began that `moment` belongs to."""
    return datetime.combine(city_day_of(moment), time(), tzinfo=city_zone())
