"""The door of the collector: what to swipe now."""

from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.shared.held import note_held
from backend.shared.views import Door
from geo.api.deck_serializers import DeckInput, DeckOutput
from geo.api.rendering import FastJSONRenderer, media_url_of
from geo.errors import PlaceNeeded
from geo.models import Collector
from geo.selectors.deck import Deck, deal_deck, dealt_or_none
from geo.selectors.deck_sql import DeckQuery
from geo.selectors.materials import materials_of
from geo.service_area import require_on_map


class DeckDoor(Door):
    """The deck of the person that asks."""

    renderer_classes = [FastJSONRenderer]

    @extend_schema(
        summary="Draw your deck",
        operation_id="get_deck",
        tags=["deck"],
        parameters=[DeckInput],
        responses={200: DeckOutput},
    )
    def get(self, request: Request) -> Response:
        """Pickups to swipe, nearest first, without what was swiped before."""
        wishes = DeckInput(data=request.query_params)
        wishes.is_valid(raise_exception=True)
        deck = self._deck_of(request, wishes.validated_data)
        if deck.cards:
            # From the time before the cards were read: what goes in between counts as shown.
            note_held(user_id=user_of(request).pk, things=[str(card["id"]) for card in deck.cards], now=self.now)
        return _answer(deck)

    def _deck_of(self, request: Request, wishes: dict[str, Any]) -> Deck:
        dealt = dealt_or_none(user_of(request).pk)
        if dealt and (reason := dealt.reason_to_wait):
            return Deck(cards=[], reason=reason)
        collector = dealt.collector if dealt else None
        materials = materials_of(wishes.pop("materials", []), field="materials")
        has_badge = collector is not None and collector.has_hazard_badge
        if materials and not has_badge and all(material.is_hazardous for material in materials):
            return Deck(cards=[], reason="hazard_badge_needed")
        query = DeckQuery(
            viewer_id=user_of(request).pk,
            point=_point_of(wishes, collector),
            radius_m=wishes.pop("radius_m", collector.radius_m if collector else settings.RADIUS_DEFAULT_M),
            material_ids=[material.pk for material in materials] or (collector.material_ids if collector else None),
            with_hazardous=has_badge,
            now=self.now,
            **wishes,
        )
        return deal_deck(query, media_url=media_url_of(request))


def _point_of(wishes: dict[str, Any], collector: Collector | None) -> Point:
    """The place asked for, taken out of `wishes`, or the service point. Raises PlaceNeeded and others."""
    if "lat" in wishes:
        point = Point(wishes.pop("lon"), wishes.pop("lat"), srid=4326)
        require_on_map(point, field="lat")
        return point
    if collector is None:
        raise PlaceNeeded(field="lat")
    return collector.service_point


def _answer(deck: Deck) -> Response:
    return Response({"cards": deck.cards, "reason": deck.reason})
