"""The clock. Only views, jobs and commands read it; services take `now` as an argument."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from backend.core.errors import Invalid

YEARS_AHEAD_MAX = 10
BUDDHIST_ERA = 543


class YearInvalid(Invalid):
    """The year is more than `YEARS_AHEAD_MAX` years ahead."""

    code = "year_too_far"
    message = _("The year %(year)s is too far ahead: %(last)s at most.")
    advice = _("Choose an earlier date.")


class YearOfBuddhistEra(YearInvalid):
    """The year is one of the Buddhist calendar, in which the year 2026 is 2569."""

    code = "year_of_buddhist_era"
    message = _("%(year)s is a year of the Buddhist calendar. Write %(common_year)s.")
    advice = _("Give the year in the common era, such as 2026 for 2569.")


def read_clock() -> datetime:
    return timezone.now()


def city_zone() -> ZoneInfo:
    """The zone in which the city's rules are decided."""
    return ZoneInfo(settings.CITY_TIME_ZONE)


def spell_in_city(moment: datetime) -> str:
    """A time in the city's zone, in the active language: "4 Dec, 18:30"."""
    return date_format(moment.astimezone(city_zone()), "j M, H:i")


def spell_with_year_in_city(moment: datetime) -> str:
    """A time in the city's zone, in the active language and its era: "4 December 2026, 18:30"."""
    local = moment.astimezone(city_zone())
    day = date_format(local, "j F")
    if (get_language() or "").startswith("th"):
        return f"{day} {local.year + BUDDHIST_ERA} {local:%H:%M} น."
    return f"{day} {local.year}, {local:%H:%M}"


def require_near_year(year: int, *, now: datetime) -> None:
    """Raise YearOfBuddhistEra or YearInvalid for a year that is far ahead of `now`. Past years are valid here."""
    common_year = year - BUDDHIST_ERA
    last = now.year + YEARS_AHEAD_MAX
    if now.year - 100 <= common_year <= last:
        raise YearOfBuddhistEra(year=year, common_year=common_year)
    if year > last:
        raise YearInvalid(year=year, last=last)


def require_near_year_in(text: str, *, now: datetime) -> None:
    """Do the same for a time in ISO 8601, before it is parsed: 29 February may exist in only one of two calendars."""
    if year := re.match(r"\s*(\d{4})", text):
        require_near_year(int(year[1]), now=now)


def months_after(month: date, count: int) -> date:
    """The first day of the month this many months later; earlier if negative."""
    years, months = divmod(month.month - 1 + count, 12)
    return date(month.year + years, months + 1, 1)
