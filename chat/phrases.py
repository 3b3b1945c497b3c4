"""Quick phrases: coded sentences about a handover, which each reader gets in their own language.

A new phrase is one row here and its Thai text in `locale/th`. A code never changes and is never removed: old messages
hold it. The texts name their parameters as `%(name)s`; the sender gives all of them.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Any, Literal

import msgspec
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backend.core.clock import YearInvalid, city_zone, require_near_year_in
from backend.core.text.amounts import format_baht, format_kg, format_number
from backend.core.text.characters import isolate
from chat.errors import PhraseParamsInvalid


class Param(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a phrase. A `number` has at most two decimals, a `time` is RFC 3339."""

    name: str
    type: Literal["integer", "number", "time"]
    minimum: int | None = None
    maximum: int | None = None


PARAMS: Mapping[str, Param] = {
    param.name: param
    for param in (
        Param(name="minutes", type="integer", minimum=1, maximum=240),
        Param(name="count", type="integer", minimum=1, maximum=999),
        Param(name="kg", type="number", minimum=0, maximum=5_000),
        Param(name="thb", type="number", minimum=0, maximum=100_000),
        Param(name="at", type="time"),
    )
}


class Group(StrEnum):
    """The subject of a phrase; a section of a client's list."""

    ARRIVAL = "arrival"
    TIME = "time"
    PLACE = "place"
    AMOUNT = "amount"
    PRICE = "price"
    COURTESY = "courtesy"


GROUP_NAMES: Mapping[Group, str | Promise] = {
    Group.ARRIVAL: _("Arrival"),
    Group.TIME: _("Time"),
    Group.PLACE: _("Place"),
    Group.AMOUNT: _("Amount"),
    Group.PRICE: _("Price"),
    Group.COURTESY: _("Courtesy"),
}


@dataclass(frozen=True)
class Phrase:
    """A phrase. `icon` is an emoji."""

    code: str
    group: Group
    icon: str
    text: str | Promise

    @property
    def params(self) -> list[Param]:
        """The parameters that the sender gives, in the order of the text."""
        with translation.override("en"):
            return [PARAMS[name] for name in re.findall(r"%\((\w+)\)s", str(self.text))]


ALL = (
    Phrase("on_my_way", Group.ARRIVAL, "🛵", _("I am on my way.")),
    Phrase("arriving_in", Group.ARRIVAL, "⏱️", _("I will be there in %(minutes)s min.")),
    Phrase("late_by", Group.ARRIVAL, "⏳", _("Sorry, I will be %(minutes)s min late.")),
    Phrase("in_traffic", Group.ARRIVAL, "🚦", _("I am stuck in traffic.")),
    Phrase("arrived", Group.ARRIVAL, "📍", _("I am here.")),
    Phrase("come_out", Group.ARRIVAL, "🚶", _("Please come out.")),
    Phrase("coming_out", Group.ARRIVAL, "🏃", _("I am coming out now.")),
    Phrase("cannot_come", Group.ARRIVAL, "🚫", _("Sorry, I cannot come today.")),
    Phrase("when_suits", Group.TIME, "🕒", _("When does it suit you?")),
    Phrase("come_now", Group.TIME, "⚡", _("Can I come now?")),
    Phrase("does_time_suit", Group.TIME, "🗓️", _("Does %(at)s suit you?")),
    Phrase("today_is_fine", Group.TIME, "☀️", _("Today is fine.")),
    Phrase("another_day", Group.TIME, "📆", _("Can we do it another day?")),
    Phrase("wait_minutes", Group.TIME, "✋", _("Please wait %(minutes)s min.")),
    Phrase("write_before", Group.TIME, "💬", _("Please write before you come.")),
    Phrase("where_exactly", Group.PLACE, "❓", _("Where exactly is it?")),
    Phrase("share_location", Group.PLACE, "🗺️", _("Please share your location.")),
    Phrase("where_to_park", Group.PLACE, "🅿️", _("Where can I park?")),
    Phrase("by_the_door", Group.PLACE, "🚪", _("It is by the door.")),
    Phrase("at_the_gate", Group.PLACE, "🏘️", _("I am at the gate.")),
    Phrase("with_the_guard", Group.PLACE, "💂", _("It is with the security guard.")),
    Phrase("ring_the_bell", Group.PLACE, "🔔", _("Please ring the bell.")),
    Phrase("how_many_kg", Group.AMOUNT, "⚖️", _("About how many kilograms is it?")),
    Phrase("about_kg", Group.AMOUNT, "⚖️", _("It is about %(kg)s kg.")),
    Phrase("bags", Group.AMOUNT, "🛍️", _("Number of bags: %(count)s.")),
    Phrase("more_than_posted", Group.AMOUNT, "➕", _("There is more than I posted.")),
    Phrase("less_than_posted", Group.AMOUNT, "➖", _("There is less than I posted.")),
    Phrase("is_it_sorted", Group.AMOUNT, "♻️", _("Is it sorted?")),
    Phrase("it_is_sorted", Group.AMOUNT, "✅", _("Yes, it is sorted and clean.")),
    Phrase("help_carry", Group.AMOUNT, "💪", _("I need help carrying it.")),
    Phrase("bring_bags", Group.AMOUNT, "🧺", _("Please bring bags.")),
    Phrase("for_free", Group.PRICE, "🎁", _("You can have it for free.")),
    Phrase("can_pay", Group.PRICE, "💵", _("I can pay %(thb)s baht.")),
    Phrase("would_like", Group.PRICE, "🏷️", _("I would like %(thb)s baht for it.")),
    Phrase("per_kg", Group.PRICE, "🧮", _("I pay %(thb)s baht a kilogram.")),
    Phrase("price_agreed", Group.PRICE, "🤝", _("The price is fine with me.")),
    Phrase("pay_by_transfer", Group.PRICE, "📱", _("Can I pay by bank transfer?")),
    Phrase("hello", Group.COURTESY, "👋", _("Hello!")),
    Phrase("yes", Group.COURTESY, "👍", _("Yes, that is fine.")),
    Phrase("no", Group.COURTESY, "👎", _("Sorry, no.")),
    Phrase("sorry", Group.COURTESY, "🙇", _("I am sorry.")),
    Phrase("thank_you", Group.COURTESY, "🙏", _("Thank you very much.")),
    Phrase("welcome", Group.COURTESY, "😊", _("You are welcome.")),
    Phrase("thanks_for_sorting", Group.COURTESY, "🌱", _("Thank you for sorting so well.")),
)
PHRASES: Mapping[str, Phrase] = {phrase.code: phrase for phrase in ALL}


@cache
def catalogue_version() -> str:
    """Changes whenever the catalogue does, in any language."""
    content: list[object] = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            content += [(phrase.code, phrase.group, phrase.icon, str(phrase.text)) for phrase in ALL]
            content += [str(name) for name in GROUP_NAMES.values()]
    return sha256(msgspec.json.encode([content, list(PARAMS.values())])).hexdigest()[:12]


def clean_param(value: Any, param: Param, now: datetime) -> Any:
    """The value to store. Raises PhraseParamsInvalid."""
    field = f"phrase.params.{param.name}"
    try:
        if param.type != "time":
            return _clean_number(value, param)
        require_near_year_in(str(value), now=now)
        return _clean_time(value)
    except YearInvalid as error:
        refusal = PhraseParamsInvalid(field=field)
        refusal.message, refusal.params = error.message, error.params
        raise refusal from error
    except (ValueError, TypeError, OverflowError) as error:
        raise PhraseParamsInvalid(field=field) from error


def _clean_time(value: Any) -> str:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    moment.astimezone(city_zone())  # Raises OverflowError for a time that cannot be shown in the city's zone.
    return moment.isoformat()


def _clean_number(value: Any, param: Param) -> int | float:
    if param.type == "integer" and isinstance(value, float) and value.is_integer():
        value = int(value)
    types = (int,) if param.type == "integer" else (int, float)
    if isinstance(value, bool) or not isinstance(value, types):
        raise TypeError(value)
    if not (param.minimum or 0) <= value <= (param.maximum or 0):
        raise ValueError(value)
    return round(value, 2)


def fill(text: str | Promise, values: Mapping[str, object]) -> str:
    """The text of a phrase or card in the active language, with its parameters formatted.

    RFC 3339 times (`at`, `..._at`) are shown in the city's zone, numbers without trailing zeros. A parameter without a
    value becomes empty: old messages must stay readable.
    """
    return str(text % defaultdict(str, {name: _format(name, value) for name, value in values.items()}))


_AMOUNTS: Mapping[str, Callable[[object], str]] = {
    "kg": format_kg,
    "net_kg": format_kg,
    "thb": format_baht,
    "paid_thb": format_baht,
}


def _format(name: str, value: object) -> str:
    if name == "at" or name.endswith("_at"):
        return _format_time(value)
    if name in _AMOUNTS:
        return _AMOUNTS[name](value)
    return format_number(value) if isinstance(value, int | float | Decimal) else isolate(str(value))


def _format_time(at: object) -> str:
    """Such as "Fri 4 Dec, 18:30"; empty for a value that is not a time."""
    try:
        moment = datetime.fromisoformat(str(at)).astimezone(city_zone())
    except (ValueError, OverflowError):
        return ""
    return date_format(moment, "D j M, H:i")
