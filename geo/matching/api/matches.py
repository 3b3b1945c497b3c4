"""Matches, for their two parties: the only views that show an exact place."""

import uuid
from functools import partial

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.fields import Body, PageQuery
from backend.core.http.pagination import CursorPages
from backend.core.http.schema import list_of
from backend.core.http.views import ApiView, valid
from geo.lifecycle.matches import get_match_details_for, matches_of
from geo.matching.responses import MatchOutput
from geo.matching.services.matches import release_match
from geo.models import Match

TAGS = ["matches"]
operation = partial(extend_schema, tags=TAGS)
# A match of a cancelled pickup is released by the cancellation.
REASONS = [choice for choice in Match.ReleaseReason.choices if choice[0] != Match.ReleaseReason.CANCELLED]


class MatchesQuery(PageQuery):
    """Which matches to list."""

    status = serializers.ChoiceField(choices=Match.Status.choices, required=False)


class ReleaseInput(Body):
    """Why it is given back."""

    reason = serializers.ChoiceField(choices=REASONS)


def show_match(request: Request, match_id: uuid.UUID) -> Response:
    """The response with a match as the user may see it. Raises NotFound for strangers."""
    user_id = user_of(request).pk
    match = get_match_details_for(match_id=match_id, user_id=user_id)
    return Response(MatchOutput.of(match, user_id))


class MatchStepView(ApiView):
    """Base of the views that take a step in a match and show it; a repeated request gets the match as it is now."""

    def render_again(self, request: Request, match_id: uuid.UUID) -> Response:
        """The match, without what its reader may no longer see."""
        return show_match(request, match_id)


class MatchesView(ApiView):
    pagination_class = CursorPages

    @operation(
        summary="List your matches in both roles, newest first",
        operation_id="list_matches",
        parameters=[MatchesQuery],
        responses=list_of(MatchOutput),
    )
    def get(self, request: Request) -> Response:
        """All, or those of one status."""
        user_id = user_of(request).pk
        matches = partial(matches_of, user_id, MatchesQuery.values_in(request).get("status"))
        return CursorPages().respond_rows(request, matches, lambda match: MatchOutput.of(match, user_id))


class MatchView(ApiView):
    @operation(summary="Read a match", operation_id="get_match", responses={200: MatchOutput})
    def get(self, request: Request, match_id: uuid.UUID) -> Response:
        """With the exact place, the conversation, and for the resident the code."""
        return show_match(request, match_id)


class ReleaseView(MatchStepView):
    @operation(
        summary="Give a match back", operation_id="release_match", request=ReleaseInput, responses={200: MatchOutput}
    )
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """The next runner-up is promoted, or the pickup opens again."""
        body = valid(ReleaseInput(data=request.data))
        release_match(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.validated_data)
        return show_match(request, match_id)
