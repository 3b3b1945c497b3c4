"""`GET /deck`: what to swipe now."""

import uuid
from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework import serializers
from rest_framework.request import Request

from backend.accounts.authentication import user_of
from backend.core.http.fields import Moment
from backend.core.http.responses import ResponseBody, encode_json
from backend.core.http.views import ApiView
from backend.core.media.urls import media_url_of
from backend.core.redis.card_presence import record_shown_cards
from geo.deck.selectors import Deck, DeckWishes, Reason, draw_deck
from geo.errors import WindowReversed
from geo.inputs import PlaceQuery, kilograms
from geo.models import Pickup
from geo.responses import ItemOutput, Kilograms, LatLon, PhotoOutput, PriceOutput, WindowOutput


class DeckInput(PlaceQuery):
    """Where to look, how far, for what. Without a place: around the service point."""

    radius_m = serializers.IntegerField(min_value=100, max_value=settings.RADIUS_MAX_M, required=False)
    materials = serializers.CharField(
        max_length=1000, required=False, help_text="Codes with commas between them. Else those of the profile."
    )
    kg_min = kilograms(min_value=0, required=False, help_text="Pickups of less are left out.")
    price_modes = serializers.CharField(
        max_length=100, required=False, help_text="Of `free`, `asks` and `pays`, with commas between them."
    )
    window_from = Moment(required=False, help_text="Pickups that close before are left out.")
    window_until = Moment(required=False, help_text="Pickups that open later are left out.")
    limit = serializers.IntegerField(min_value=1, max_value=settings.DECK_SIZE_MAX, default=settings.DECK_SIZE)

    def validate_materials(self, text: str) -> list[str]:
        return _split_list(text)

    def validate_price_modes(self, text: str) -> list[str]:
        """The price modes. Raises ValidationError for an unknown one."""
        choice = serializers.ChoiceField(choices=Pickup.PriceMode.choices)
        return [choice.run_validation(mode) for mode in _split_list(text)]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require also a window that ends after it begins."""
        if "window_from" in attrs and "window_until" in attrs and attrs["window_until"] <= attrs["window_from"]:
            raise WindowReversed(field="window_until")
        return super().validate(attrs)


class CardItem(ItemOutput):
    """So much of one material."""


class CardWindow(WindowOutput):
    """When it can be collected."""


class CardPrice(PriceOutput):
    """Who pays how many THB."""


class CardResident(ResponseBody):
    """Who gives it away, as far as strangers may know."""

    first_name: str
    rating: Annotated[float | None, Meta(description="Null until there are enough to show.")]


class Card(ResponseBody):
    """A pickup as a stranger sees it."""

    id: uuid.UUID
    title: str
    items: list[CardItem]
    photos: list[PhotoOutput]
    kg_estimate: Kilograms
    price: CardPrice
    window: CardWindow
    choose: Pickup.Choose
    area: str
    cell: Annotated[LatLon, Meta(description="The middle of the grid square. The exact place comes with a match.")]
    distance_m: Annotated[int, Meta(description="To the middle of the square, rounded to 100 m.")]
    resident: CardResident
    expires_at: datetime
    created_at: datetime


_decode_card = msgspec.json.Decoder(Card).decode


def card_of(text: bytes, media_url: str) -> Card:
    """A card from the text of a deck."""
    return _decode_card(_with_urls(text, media_url))


class DeckOutput(ResponseBody):
    """The cards, nearest first; of one square the newest first."""

    cards: list[Card]
    reason: Annotated[Reason | None, Meta(description="Why there are no cards.")]


class DeckView(ApiView):
    @extend_schema(
        summary="Draw your deck",
        operation_id="get_deck",
        tags=["deck"],
        parameters=[DeckInput],
        responses={200: DeckOutput},
    )
    def get(self, request: Request) -> HttpResponse:
        """Pickups to swipe, nearest first, without what was swiped before."""
        user = user_of(request)
        deck = draw_deck(viewer=user, wishes=DeckWishes(**DeckInput.values_in(request)), now=self.now)
        if deck.ids:
            # From a time before the cards were read, so that a pickup closed in between counts as shown.
            record_shown_cards(user_id=user.pk, things=deck.ids, now=self.now)
        return HttpResponse(_body_of(deck, media_url=media_url_of(request)), content_type="application/json")


def _split_list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _body_of(deck: Deck, *, media_url: str) -> bytes:
    """The JSON of a DeckOutput. The cards are JSON already."""
    cards = _with_urls(b", ".join(deck.cards), media_url)
    return b'{"cards": [%b], "reason": %b}' % (cards, encode_json(deck.reason))


def _with_urls(cards: bytes, media_url: str) -> bytes:
    """The JSON of cards, with file names that `media_url` makes absolute.

    In the text of a card quotation marks are escaped, so none matches.
    """
    for name in (b'"large": "', b'"thumb": "'):
        cards = cards.replace(name, name + media_url.encode())
    return cards
