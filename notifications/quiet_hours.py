"""Quiet hours, during which pushes are held back until the morning, and other times of day in the city's time zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings

from backend.core.clock import city_zone
from notifications.models import Preferences


@dataclass(frozen=True)
class QuietHours:
    """From one time of day to another, usually over midnight. Equal times mean no quiet hours."""

    start: time
    end: time

    def covers(self, now: datetime) -> bool:
        """Whether `now` is within the quiet hours."""
        clock = now.astimezone(city_zone()).time()
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def end_after(self, now: datetime) -> datetime:
        """When they end next."""
        return next_time_after(now, self.end)


def quiet_hours_of(preferences: Preferences) -> QuietHours:
    """The user's own quiet hours, or the city's."""
    return QuietHours(
        preferences.quiet_from or time.fromisoformat(settings.QUIET_FROM),
        preferences.quiet_until or time.fromisoformat(settings.QUIET_UNTIL),
    )


def held_back_until(preferences: Preferences, now: datetime) -> datetime | None:
    """The time until which quiet hours hold a push back; None outside of them."""
    quiet = quiet_hours_of(preferences)
    return quiet.end_after(now) if quiet.covers(now) else None


def next_time_after(now: datetime, clock: time) -> datetime:
    """The first moment after `now` at which it is `clock` in the city."""
    local = now.astimezone(city_zone())
    moment = datetime.combine(local.date(), clock, tzinfo=local.tzinfo)
    return moment if moment > local else moment + timedelta(days=1)


def digest_after(moment: datetime) -> datetime:
    """When the next digest after `moment` is sent."""
    return next_time_after(moment, time.fromisoformat(settings.DIGEST_AT))


def city_day_of(moment: datetime) -> date:
    return moment.astimezone(city_zone()).date()


def day_start_of(moment: datetime) -> datetime:
    """Midnight in the city before `moment`."""
    return datetime.combine(city_day_of(moment), time(), tzinfo=city_zone())
