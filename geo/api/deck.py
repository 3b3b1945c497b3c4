"""The door of the collector: what to swipe now."""

from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.shared.views import Door
from geo.api.deck_serializers import DeckInput, DeckOutput
from geo.api.rendering import FastJSONRenderer, media_url_of
from geo.errors import PlaceNeeded
from geo.models import Collector
from geo.selectors.collectors import collector_or_none
from geo.selectors.deck import Deck, deal_deck
from geo.selectors.deck_sql import DeckQuery
from geo.selectors.materials import material_ids_of
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
        collector = collector_or_none(user_of(request).pk)
        if collector is not None and not collector.is_available:
            return _answer(Deck(cards=[], reason="collector_unavailable"))
        query = self._query_of(request, wishes.validated_data, collector)
        return _answer(deal_deck(query, media_url=media_url_of(request)))

    def _query_of(self, request: Request, wishes: dict[str, Any], collector: Collector | None) -> DeckQuery:
        usual_radius = collector.radius_m if collector else settings.RADIUS_DEFAULT_M
        return DeckQuery(
            viewer_id=user_of(request).pk,
            point=_point_of(wishes, collector),
            radius_m=wishes.get("radius_m", usual_radius),
            material_ids=_materials_of(wishes, collector),
            limit=wishes["limit"],
            now=self.now,
        )


def _point_of(wishes: dict[str, Any], collector: Collector | None) -> Point:
    if "lat" in wishes:
        point = Point(wishes["lon"], wishes["lat"], srid=4326)
        require_on_map(point, field="lat")
        return point
    if collector is None:
        raise PlaceNeeded(field="lat")
    return collector.service_point


def _materials_of(wishes: dict[str, Any], collector: Collector | None) -> list[int] | None:
    if wishes.get("materials"):
        return material_ids_of(wishes["materials"], field="materials")
    return (collector.material_ids or None) if collector else None


def _answer(deck: Deck) -> Response:
    return Response({"cards": deck.cards, "reason": deck.reason})
