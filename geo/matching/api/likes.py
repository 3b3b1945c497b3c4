"""The resident's side of the swipe."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.pagination import CursorPages
from backend.core.http.schema import StructSerializer
from backend.core.http.views import ApiView
from geo.matching.api.matches import show_match
from geo.matching.selectors import distance_of, likes_on
from geo.matching.services.likes import accept_like, decline_like
from geo.models import Swipe
from geo.responses.matches import MatchOutput, PersonOutput
from geo.trust.responses import ReliabilityOutput
from geo.trust.selectors import reliability_of_all

TAGS = ["likes"]
State = Swipe.LikeState


class LikeOutput(serializers.Serializer[Any]):
    """Somebody who would come."""

    id = serializers.UUIDField()
    collector = PersonOutput()
    rating = serializers.FloatField(
        source="collector.rating", allow_null=True, help_text="Null until there are enough."
    )
    reliability = serializers.SerializerMethodField()
    queue_position = serializers.IntegerField(source="position", help_text="Counted from 1.")
    distance_m = serializers.SerializerMethodField()
    state = serializers.ChoiceField(
        choices=[State.WAITING.value, State.ASKED.value],
        source="like_state",
        help_text="`asked`: it is the collector's turn, if it still suits.",
    )
    liked_at = serializers.DateTimeField(source="swiped_at")

    @extend_schema_field(StructSerializer(ReliabilityOutput))
    def get_reliability(self, like: Swipe) -> ReliabilityOutput:
        """Whether the collector came to recent appointments."""
        return ReliabilityOutput.of(self.context["reliability"][like.collector_id])

    def get_distance_m(self, like: Swipe) -> int | None:
        """Metres from the collector's service point, to the nearest 100."""
        return distance_of(like)


class LikePages(CursorPages):
    """First come first."""

    ordering = "queue_number"


class LikesView(ApiView):
    """Who likes a pickup."""

    pagination_class = LikePages

    @extend_schema(
        summary="List who likes your pickup, first come first",
        operation_id="list_likes",
        tags=TAGS,
        responses=LikeOutput(many=True),
    )
    def get(self, request: Request, pickup_id: uuid.UUID) -> Response:
        """Those who still wait for an answer, and the one who is asked for one."""
        pages = LikePages()
        likes = likes_on(pickup_id=pickup_id, resident_id=user_of(request).pk)
        page = pages.paginate_queryset(likes, request, view=self)
        reliability = reliability_of_all([like.collector_id for like in page or []], now=self.now)
        return pages.get_paginated_response(LikeOutput(page, many=True, context={"reliability": reliability}).data)


class AcceptView(ApiView):
    """The resident says yes."""

    @extend_schema(
        summary="Accept a like: it is a match",
        operation_id="accept_like",
        tags=TAGS,
        request=None,
        responses={200: MatchOutput},
    )
    def post(self, request: Request, pickup_id: uuid.UUID, like_id: uuid.UUID) -> Response:
        """Accepting twice answers with the same match."""
        match = accept_like(resident_id=user_of(request).pk, pickup_id=pickup_id, like_id=like_id, now=self.now)
        return show_match(request, match.pk)


class DeclineView(ApiView):
    """The resident says no."""

    @extend_schema(
        summary="Decline a like", operation_id="decline_like", tags=TAGS, request=None, responses={204: None}
    )
    def post(self, request: Request, pickup_id: uuid.UUID, like_id: uuid.UUID) -> Response:
        """The collector is told, politely. Of one who is asked, the pickup goes on to the next."""
        decline_like(resident_id=user_of(request).pk, pickup_id=pickup_id, like_id=like_id, now=self.now)
        return Response(status=204)
