"""A resident takes a pickup back."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.views import ApiView
from geo.matching.services.matches import cancel_pickup
from geo.pickups.selectors import get_pickup_for
from geo.responses.pickups import PickupOutput


class CancelView(ApiView):
    """The end of a pickup before anybody came."""

    @extend_schema(
        summary="Cancel a pickup",
        operation_id="cancel_pickup",
        tags=["pickups"],
        request=None,
        responses={200: PickupOutput},
    )
    def post(self, request: Request, pickup_id: uuid.UUID) -> Response:
        """Its match is released, and everybody who waited is told. Cancelling twice changes nothing."""
        resident_id = user_of(request).pk
        cancel_pickup(resident_id=resident_id, pickup_id=pickup_id, now=self.now)
        return Response(PickupOutput(get_pickup_for(resident_id, pickup_id), context={"request": request}).data)
