"""Cards: messages of kind `event`, which the layers above write into a conversation about what has happened.

A new card is one row here and its Thai text in `locale/th`. A code never changes: old messages hold it. The texts name
values of the card's `data` as `%(name)s`; `chat.phrases.fill` formats them. No text names a place.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, kw_only=True)
class CardKind:
    """The icon, an emoji, and the text of a kind of card."""

    icon: str
    text: str | Promise


class UnknownCard(LookupError):
    """No card has this code: add it to `chat.cards`."""


CARDS: Mapping[str, CardKind] = {
    "proposal": CardKind(icon="🗓️", text=_("A time is proposed: %(at)s.")),
    "agreement": CardKind(icon="🤝", text=_("The time is agreed: %(at)s.")),
    "on_my_way": CardKind(icon="🛵", text=_("On the way.")),
    "arrived": CardKind(icon="📍", text=_("Has arrived.")),
    "no_show": CardKind(icon="🚫", text=_("Waited, and nobody came.")),
    "weigh_in": CardKind(icon="⚖️", text=_("Weighed: %(net_kg)s kg, %(paid_thb)s baht.")),
    "weigh_in_unusual": CardKind(
        icon="⚠️", text=_("Weighed: %(net_kg)s kg, %(paid_thb)s baht. That is far from the estimate.")
    ),
    "dispute": CardKind(icon="❗", text=_("Does not agree with what was weighed.")),
    "confirmed": CardKind(icon="✅", text=_("Confirms what was weighed.")),
    "receipt": CardKind(icon="🧾", text=_("Handed over: %(net_kg)s kg. The receipt is ready.")),
    "correction": CardKind(icon="🧾", text=_("Proposes to correct the receipt: %(net_kg)s kg, %(paid_thb)s baht.")),
    "correction_declined": CardKind(icon="🧾", text=_("Does not agree with the correction. The receipt stays.")),
    "safety": CardKind(
        icon="⚠️", text=_("This pickup holds hazardous waste. Read the safety card before you carry it.")
    ),
    "released": CardKind(icon="↩️", text=_("The match has been given back.")),
}


def card_of(code: str) -> CardKind:
    """The kind with this code. Raises UnknownCard."""
    try:
        return CARDS[code]
    except KeyError:
        raise UnknownCard(code) from None
