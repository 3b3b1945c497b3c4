"""Likes: for the resident of the pickup list, accept, decline; for a collector their own."""

import uuid
from collections.abc import Sequence
from functools import partial

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.fields import PageQuery
from backend.core.http.pagination import CursorPages
from backend.core.http.schema import list_of
from backend.core.http.views import ApiView
from backend.core.media.urls import media_url_of
from geo.matching.api.matches import MatchStepView, show_match
from geo.matching.responses import LikeOutput, MatchOutput, OwnLikeOutput
from geo.matching.selectors import Like, likes_of, likes_on
from geo.matching.services.likes import accept_like, decline_like
from geo.trust.selectors import reliability_of_all

TAGS = ["likes"]
operation = partial(extend_schema, tags=TAGS)


class LikePages(CursorPages):
    """Pages in the order of the queue."""

    ordering = "queue_number"
    newest = -1  # below every position, because the first likes come first


class LikesView(ApiView):
    pagination_class = LikePages

    @operation(
        summary="List who likes your pickup, first come first", operation_id="list_likes", responses=list_of(LikeOutput)
    )
    def get(self, request: Request, pickup_id: uuid.UUID) -> Response:
        """Those who still wait for an answer, and the one who must confirm."""
        PageQuery.values_in(request)
        likes = partial(likes_on, pickup_id, user_of(request).pk)
        return LikePages().respond_rows_page(request, likes, self._bodies_of)

    def _bodies_of(self, likes: Sequence[Like]) -> list[LikeOutput]:
        records = reliability_of_all([like.collector.pk for like in likes], now=self.now)
        return [LikeOutput.of((like, records[like.collector.pk])) for like in likes]


class OwnLikesView(ApiView):
    pagination_class = CursorPages

    @operation(
        summary="List your likes that wait, newest first",
        operation_id="list_my_likes",
        responses=list_of(OwnLikeOutput),
    )
    def get(self, request: Request) -> Response:
        """Each with the card, as in the deck, and its place in the queue."""
        PageQuery.values_in(request)
        likes, media_url = partial(likes_of, user_of(request).pk), media_url_of(request)
        return CursorPages().respond_rows(request, likes, lambda like: OwnLikeOutput.of(like, media_url))


class AcceptView(MatchStepView):
    @operation(
        summary="Accept a like: it is a match", operation_id="accept_like", request=None, responses={200: MatchOutput}
    )
    def post(self, request: Request, pickup_id: uuid.UUID, like_id: uuid.UUID) -> Response:
        """Accepting twice answers with the same match."""
        match = accept_like(resident_id=user_of(request).pk, pickup_id=pickup_id, like_id=like_id, now=self.now)
        return show_match(request, match.pk)


class DeclineView(ApiView):
    @operation(summary="Decline a like", operation_id="decline_like", request=None, responses={204: None})
    def post(self, request: Request, pickup_id: uuid.UUID, like_id: uuid.UUID) -> Response:
        """The collector gets a polite event. If they were to confirm, the pickup goes on to the next."""
        decline_like(resident_id=user_of(request).pk, pickup_id=pickup_id, like_id=like_id, now=self.now)
        return Response(status=204)
