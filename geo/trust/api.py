"""`GET /me/reliability`: whether a user came to their appointments."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.views import ApiView
from geo.trust.responses import ReliabilityOutput
from geo.trust.selectors import reliability_of


class ReliabilityView(ApiView):
    @extend_schema(
        summary="Read how reliable you were",
        operation_id="get_reliability",
        tags=["handover"],
        responses={200: ReliabilityOutput},
    )
    def get(self, request: Request) -> Response:
        """What may lead to a warning and then a pause is in here; `/me` says whether there is one."""
        return Response(ReliabilityOutput.of(reliability_of(user_of(request).pk, now=self.now)))
