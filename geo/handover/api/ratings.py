"""What the two think of each other, once it is done."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.text_fields import Paragraphs
from backend.core.http.views import ApiView
from geo.matching.api.matches import show_match
from geo.models import Rating
from geo.responses.matches import MatchOutput
from geo.trust.services import rate_match


class RatingInput(serializers.Serializer[Any]):
    """Stars, and why not more of them."""

    stars = serializers.IntegerField(min_value=1, max_value=5)
    reasons = serializers.ListField(
        child=serializers.ChoiceField(choices=Rating.Reason.choices), max_length=10, required=False, default=list
    )
    text = Paragraphs(max_length=500, required=False, allow_blank=True, default="")


class RatingView(ApiView):
    """One's rating of the other."""

    @extend_schema(
        summary="Rate the other one",
        operation_id="rate_match",
        tags=["handover"],
        request=RatingInput,
        responses={200: MatchOutput},
    )
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """Once, within two weeks of the handover. Nobody reads it; averages are shown from three on."""
        body = RatingInput(data=request.data)
        body.is_valid(raise_exception=True)
        rate_match(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.validated_data)
        return show_match(request, match_id)
