"""The clock. Only views, jobs and commands read it; services take `now` as an argument."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format


def read_clock() -> datetime:
    return timezone.now()


def city_zone() -> ZoneInfo:
    """The zone in which the city's rules are decided."""
    return ZoneInfo(settings.CITY_TIME_ZONE)


def spell_in_city(moment: datetime) -> str:
    """A time in the city's zone, in the active language: "4 Dec, 18:30"."""
    return date_format(moment.astimezone(city_zone()), "j M, H:i")
