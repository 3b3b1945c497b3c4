"""Matches, for the two who have them: the only doors that show an exact place."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.pagination import CursorPages
from backend.core.http.views import ApiView
from geo.lifecycle.matches import get_shown_match_for, matches_of
from geo.matching.services.matches import release_match
from geo.models import Match
from geo.responses.matches import MatchOutput

TAGS = ["matches"]
# Who cancels a pickup does not release its match besides.
REASONS = [choice for choice in Match.ReleaseReason.choices if choice[0] != Match.ReleaseReason.CANCELLED]


class MatchesQuery(serializers.Serializer[Any]):
    """Which of one's own matches to list."""

    status = serializers.ChoiceField(choices=Match.Status.choices, required=False)


class ReleaseInput(serializers.Serializer[Any]):
    """Why it is given back."""

    reason = serializers.ChoiceField(choices=REASONS)


def show_match(request: Request, match_id: uuid.UUID) -> Response:
    """A match as the person asking may see it. Raises NotFound for strangers."""
    match = get_shown_match_for(match_id=match_id, user_id=user_of(request).pk)
    return Response(MatchOutput(match, context={"request": request}).data)


class MatchesView(ApiView):
    """All matches of one person."""

    pagination_class = CursorPages

    @extend_schema(
        summary="List your matches in both roles, newest first",
        operation_id="list_matches",
        tags=TAGS,
        parameters=[MatchesQuery],
        responses=MatchOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        """All, or those of one status."""
        query = MatchesQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        pages = CursorPages()
        matches = matches_of(user_of(request).pk).filter(**query.validated_data)
        page = pages.paginate_queryset(matches, request, view=self)
        return pages.get_paginated_response(MatchOutput(page, many=True, context={"request": request}).data)


class MatchView(ApiView):
    """One match."""

    @extend_schema(summary="Read a match", operation_id="get_match", tags=TAGS, responses={200: MatchOutput})
    def get(self, request: Request, match_id: uuid.UUID) -> Response:
        """With the exact place, the conversation, and for the resident the code."""
        return show_match(request, match_id)


class ReleaseView(ApiView):
    """The end of a match without a handover."""

    @extend_schema(
        summary="Give a match back",
        operation_id="release_match",
        tags=TAGS,
        request=ReleaseInput,
        responses={200: MatchOutput},
    )
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """The next runner-up is promoted, or the pickup opens again."""
        body = ReleaseInput(data=request.data)
        body.is_valid(raise_exception=True)
        release_match(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.validated_data)
        return show_match(request, match_id)
