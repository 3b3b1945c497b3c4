"""`/pickups/{id}/swipe`: a collector's like or pass."""

import uuid
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.fields import Body, field_of
from backend.core.http.views import ApiView, valid
from geo.matching.responses import StandingOutput, SwipeOutput
from geo.matching.selectors import get_swipe_of
from geo.matching.services.swipes import record_swipe, take_swipe_back
from geo.models import Swipe

TAGS = ["swipes"]
operation = partial(extend_schema, tags=TAGS)


class SwipeInput(Body):
    """Yes or no, and why not."""

    direction = serializers.ChoiceField(choices=Swipe.Direction.choices)
    reason = serializers.ChoiceField(
        choices=Swipe.Reason.choices, required=False, allow_blank=True, help_text="Why one passes."
    )

    default_error_messages = {"reason_without_pass": _("Only a pass has a reason.")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Only a pass has a reason."""
        if attrs.get("reason") and attrs["direction"] != Swipe.Direction.PASS:
            error = self.error_messages["reason_without_pass"]
            raise serializers.ValidationError({"reason": [error]}, code="reason_without_pass")
        return attrs


class SwipeView(ApiView):
    # Sent again late, a like could confirm or renew, and a pass or a rewind undo what was done since on another device.
    methods_with_key = frozenset({"PUT", "DELETE"})

    def acts_in(self, request: Request) -> Iterable[tuple[str, str]]:
        """A like counts; a pass tells nobody anything."""
        is_like = request.method == "PUT" and field_of(request, "direction") == Swipe.Direction.LIKE
        return [("like", "")] if is_like else []

    @operation(
        summary="Read your swipe on a pickup, and the state of your like",
        operation_id="get_swipe",
        responses={200: StandingOutput},
    )
    def get(self, request: Request, pickup_id: uuid.UUID) -> Response:
        """For an app that got a notice (`like.asked`, `pickup.amended`) and no longer has the card."""
        swipe = get_swipe_of(collector_id=user_of(request).pk, pickup_id=pickup_id)
        return Response(StandingOutput.of(swipe))

    @operation(
        summary="Like a pickup, or pass on it",
        operation_id="swipe_pickup",
        request=SwipeInput,
        responses={200: SwipeOutput},
    )
    def put(self, request: Request, pickup_id: uuid.UUID) -> Response:
        """The same swipe again changes nothing, but confirms a like that must be confirmed (`like.asked`).
        A pass withdraws a like that waits or must be confirmed.
        """
        swipe = _swipe_of(request.data)
        result = record_swipe(collector_id=user_of(request).pk, pickup_id=pickup_id, now=self.now, **swipe)
        return Response(SwipeOutput.of(result))

    @operation(
        summary="Rewind a pass, or withdraw a like that waits",
        operation_id="take_swipe_back",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, pickup_id: uuid.UUID) -> Response:
        """It declines a like that must be confirmed. A like that is a match is released instead."""
        take_swipe_back(collector_id=user_of(request).pk, pickup_id=pickup_id, now=self.now)
        return Response(status=204)


def _swipe_of(body: Any) -> dict[str, Any]:
    """The body, checked. A plain like is recognised without the serializer."""
    if body == {"direction": Swipe.Direction.LIKE.value}:
        return {"direction": Swipe.Direction.LIKE}
    checked = valid(SwipeInput(data=body))
    return dict(checked.validated_data)
