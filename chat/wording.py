"""Filling the texts of the catalogues with numbers and times, in the language that is active now."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.functional import Promise

from backend.core.clock import city_zone


def fill(text: str | Promise, values: Mapping[str, object]) -> str:
    """The text with its `%(name)s` said: times of RFC 3339 (`at`, `..._at`) in the city's, numbers without idle zeros.

    What has no value stays empty: a text that lacks something is better than a message that nobody can read.
    """
    return str(text % defaultdict(str, {name: _say(name, value) for name, value in values.items()}))


def _say(name: str, value: object) -> str:
    if name == "at" or name.endswith("_at"):
        return _moment(value)
    if isinstance(value, int | float | Decimal):
        return f"{Decimal(str(value)).normalize():,f}"
    return str(value)


def _moment(at: object) -> str:
    """As people in the city say it: "Fri 4 Dec, 18:30"."""
    try:
        moment = datetime.fromisoformat(str(at)).astimezone(city_zone())
    except (ValueError, OverflowError):
        return ""
    return date_format(moment, "D j M, H:i")
