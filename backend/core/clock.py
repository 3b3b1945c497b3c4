"""The clock, read only at the doors: services take `now` as an argument."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format


def read_clock() -> datetime:
    """The present moment, aware, in UTC."""
    return timezone.now()


def city_zone() -> ZoneInfo:
    """The zone in which the city's rules are decided."""
    return ZoneInfo(settings.CITY_TIME_ZONE)


def spell_in_city(moment: datetime) -> str:
    """A moment as people in the city say it, in the language that is active now: "4 Dec, 18:30"."""
    return date_format(moment.astimezone(city_zone()), "j M, H:i")
