"""The clock, read only at the doors: services take `now` as an argument."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone


def read_clock() -> datetime:
    """The present moment, aware, in UTC."""
    return timezone.now()


def city_zone() -> ZoneInfo:
    """The zone in which the city's rules are decided."""
    return ZoneInfo(settings.CITY_TIME_ZONE)
