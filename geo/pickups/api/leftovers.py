"""The door to post again what was left."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.views import ApiView
from geo.pickups.inputs import WindowInput
from geo.pickups.responses import OnePickupOutput
from geo.pickups.selectors import get_pickup_for
from geo.pickups.services.leftovers import post_leftovers
from geo.pickups.services.posting import Window


class RestInput(serializers.Serializer[Any]):
    """When the rest can be collected."""

    window = WindowInput(required=False, help_text="Without it, the same hours on the next day.")

    def window_or_none(self) -> Window | None:
        """What the service takes."""
        window = self.validated_data.get("window")
        return Window(begins_at=window["from"], ends_at=window["until"]) if window else None


class RestView(ApiView):
    """What one match left."""

    @extend_schema(
        summary="Post again what was left",
        operation_id="post_rest",
        tags=["handover"],
        request=RestInput,
        responses={200: OnePickupOutput, 201: OnePickupOutput},
    )
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """A new pickup linked to the first; the second time, the same one."""
        body = RestInput(data=request.data)
        body.is_valid(raise_exception=True)
        resident_id = user_of(request).pk
        window = body.window_or_none()
        new, is_new = post_leftovers(resident_id=resident_id, match_id=match_id, window=window, now=self.now)
        pickup = get_pickup_for(resident_id, new.pk)
        return Response(OnePickupOutput(pickup, context={"request": request}).data, status=201 if is_new else 200)
