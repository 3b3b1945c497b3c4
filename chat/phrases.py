"""Quick phrases: what people say at a handover, coded, so that each reads it in his own language.

A new phrase is one row here and its Thai text in `locale/th`. A code never changes and is never removed: old messages
hold it. The texts name their parameters as `%(name)s`, all of which the sender gives.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256

import msgspec
from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.params import PARAMS, Param


class Group(StrEnum):
    """What phrases are about; the sections of a client's list."""

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
    """One phrase. `icon` is an emoji."""

    code: str
    group: Group
    icon: str
    text: str | Promise

    @property
    def params(self) -> list[Param]:
        """What the sender has to give, in the order of the text."""
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
    said: list[object] = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            said += [(phrase.code, phrase.group, phrase.icon, str(phrase.text)) for phrase in ALL]
            said += [str(name) for name in GROUP_NAMES.values()]
    return sha256(msgspec.json.encode([said, list(PARAMS.values())])).hexdigest()[:12]
