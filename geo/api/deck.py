"""The door of the collector: what to swipe now."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from backend.accounts.authentication import session_of, user_of
from backend.accounts.models import Session
from backend.shared.held import note_held
from backend.shared.redis import Say, tell
from backend.shared.views import ApiView
from geo.api.deck_serializers import DeckInput, DeckOutput
from geo.api.rendering import media_url_of
from geo.errors import PlaceNeeded
from geo.selectors.dealt import Dealt, sessions_with_profile
from geo.selectors.deck import Deck, deal_deck
from geo.selectors.deck_sql import DeckQuery
from geo.selectors.materials import materials_of
from geo.service_area import require_on_map

# Made once: to make a serializer copies all of its fields.
_WISHES = DeckInput()


class DeckView(ApiView):
    """The deck of the person that asks."""

    @staticmethod
    def find_sessions(token_key: str) -> Iterator[Session]:
        """What the deck depends on comes along with the session."""
        for session, dealt in sessions_with_profile(token_key):
            session.__dict__["dealt"] = dealt
            yield session

    @extend_schema(
        summary="Draw your deck",
        operation_id="get_deck",
        tags=["deck"],
        parameters=[DeckInput],
        responses={200: DeckOutput},
    )
    def get(self, request: Request) -> HttpResponse:
        """Pickups to swipe, nearest first, without what was swiped before."""
        deck = self._deck_of(request, _wishes_of(request))
        note_shown(deck, user_id=user_of(request).pk, now=self.now)
        return HttpResponse(body_of(deck, media_url=media_url_of(request)), content_type="application/json")

    def _deck_of(self, request: Request, wishes: dict[str, Any]) -> Deck:
        if user_of(request).is_paused_at(self.now):
            return Deck(reason="paused")
        dealt: Dealt | None = session_of(request).__dict__["dealt"]
        if dealt and (reason := dealt.reason_to_wait):
            return Deck(reason=reason)
        codes = wishes.pop("materials", [])
        materials = materials_of(codes, field="materials") if codes else []
        has_badge = dealt is not None and dealt.has_hazard_badge
        if materials and not has_badge and all(material.is_hazardous for material in materials):
            return Deck(reason="hazard_badge_needed")
        lat, lon = _place_of(wishes, dealt)
        query = DeckQuery(
            viewer_id=user_of(request).pk,
            lat=lat,
            lon=lon,
            radius_m=wishes.pop("radius_m", dealt.radius_m if dealt else settings.RADIUS_DEFAULT_M),
            material_ids=[material.pk for material in materials] or (dealt.material_ids if dealt else None),
            with_hazardous=has_badge,
            has_swiped_much=dealt is not None and dealt.has_swiped_much,
            now=self.now,
            **wishes,
        )
        return deal_deck(query)


def _wishes_of(request: Request) -> dict[str, Any]:
    """What was asked for. Raises ValidationError and others."""
    if not request.META.get("QUERY_STRING"):
        return {"limit": settings.DECK_SIZE}
    wishes: dict[str, Any]
    try:
        wishes = _WISHES.run_validation(request.query_params)
    except serializers.ValidationError:
        # A field keeps its texts in the language in which they were first put together.
        wishes = DeckInput().run_validation(request.query_params)
    return wishes


def _place_of(wishes: dict[str, Any], dealt: Dealt | None) -> tuple[float, float]:
    """Latitude and longitude of the place asked for, or of the service point. Raises PlaceNeeded and others."""
    if "lat" in wishes:
        lat, lon = wishes.pop("lat"), wishes.pop("lon")
        require_on_map(lon, lat, field="lat")
        return lat, lon
    if dealt is None:
        raise PlaceNeeded(field="lat")
    return dealt.lat, dealt.lon


def note_shown(deck: Deck, *, user_id: uuid.UUID, now: datetime, say: Say = tell) -> None:
    """Remember what the person is shown, from the time before the cards were read: what goes in between counts."""
    if deck.ids:
        note_held(user_id=user_id, things=deck.ids, now=now, say=say)


def body_of(deck: Deck, *, media_url: str) -> bytes:
    """The answer. In the text of a card no quotation mark stands unescaped, so these names are no words of a person."""
    cards = b", ".join(deck.cards)
    for name in (b'"large": "', b'"thumb": "'):
        cards = (name + media_url.encode()).join(cards.split(name))  # half of what `replace` takes
    return b'{"cards": [%b], "reason": %b}' % (cards, f'"{deck.reason}"'.encode() if deck.reason else b"null")
