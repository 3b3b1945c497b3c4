"""A resident's pickups: post, list, read, amend, extend, cancel, and post again what was left."""

import uuid
from collections.abc import Iterable
from functools import partial

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.fields import PageQuery, field_of
from backend.core.http.pagination import CursorPages
from backend.core.http.schema import list_of
from backend.core.http.views import ApiView, valid
from backend.core.media.urls import media_url_of
from geo.grid import cell_of
from geo.inputs import Place
from geo.matching.services.matches import cancel_pickup
from geo.models import Pickup
from geo.pickups.inputs import ExtensionInput, PickupAmendment, PickupInput, RestInput
from geo.pickups.responses import OnePickupOutput, PickupOutput
from geo.pickups.selectors import get_pickup_for, pickups_of
from geo.pickups.services.changing import amend_pickup, extend_pickup
from geo.pickups.services.leftovers import post_leftovers
from geo.pickups.services.posting import post_pickup
from geo.service_area import is_served

TAGS = ["pickups"]
operation = partial(extend_schema, tags=TAGS)


class PickupsQuery(PageQuery):
    """Which pickups to list."""

    status = serializers.ChoiceField(choices=Pickup.Status.choices, required=False)


class PickupStepView(ApiView):
    """Base of the views that show a pickup; a repeated request gets it as it is now."""

    output: type[PickupOutput] = OnePickupOutput

    def render_again(self, request: Request, pickup_id: uuid.UUID) -> Response:
        return _show(request, pickup_id, output=self.output)


class PickupsView(PickupStepView):
    pagination_class = CursorPages

    def acts_in(self, request: Request) -> Iterable[tuple[str, str]]:
        """Posting counts, and in each square apart: so that one person cannot fill the decks of a neighbourhood."""
        if request.method != "POST":
            return []
        place = Place(data=field_of(request, "location"))
        is_known = place.is_valid() and is_served(*place.validated_data.coords)
        square = cell_of(place.validated_data).coords if is_known else ""
        return [("pickup", ""), ("pickup_square", f" {square}")]

    @operation(
        summary="List your own pickups, newest first",
        operation_id="list_pickups",
        parameters=[PickupsQuery],
        responses=list_of(PickupOutput),
    )
    def get(self, request: Request) -> Response:
        """All, or those of one status."""
        user_id = user_of(request).pk
        pickups = partial(pickups_of, user_id, PickupsQuery.values_in(request).get("status"))
        media_url = media_url_of(request)
        return CursorPages().respond_rows(request, pickups, lambda pickup: PickupOutput.of(pickup, user_id, media_url))

    @operation(
        summary="Post a pickup", operation_id="post_pickup", request=PickupInput, responses={201: OnePickupOutput}
    )
    def post(self, request: Request) -> Response:
        """Collectors nearby see it at once, without the exact place."""
        body = valid(PickupInput(data=request.data))
        pickup = post_pickup(resident_id=user_of(request).pk, draft=body.draft(), now=self.now)
        return _show(request, pickup.pk, status=201)


class PickupView(ApiView):
    @operation(summary="Read a pickup", operation_id="get_pickup", responses={200: OnePickupOutput})
    def get(self, request: Request, pickup_id: uuid.UUID) -> Response:
        """For its resident; without the exact place for the matched collector, and for those whose like waits."""
        return _show(request, pickup_id)

    @operation(
        summary="Amend a pickup", operation_id="amend_pickup", request=PickupAmendment, responses={200: OnePickupOutput}
    )
    def patch(self, request: Request, pickup_id: uuid.UUID) -> Response:
        """Anything while it is open, note and window while it is matched."""
        body = valid(PickupAmendment(data=request.data))
        resident_id = user_of(request).pk
        amend_pickup(resident_id=resident_id, pickup_id=pickup_id, changes=body.changes(), now=self.now)
        return _show(request, pickup_id)


class ExtensionView(PickupStepView):
    @operation(
        summary="Keep a pickup open longer",
        operation_id="extend_pickup",
        request=ExtensionInput,
        responses={200: OnePickupOutput},
    )
    def post(self, request: Request, pickup_id: uuid.UUID) -> Response:
        """One tap adds the usual time; `expires_at` says until when exactly."""
        body = valid(ExtensionInput(data=request.data))
        expires_at = body.validated_data.get("expires_at")
        resident_id = user_of(request).pk
        extend_pickup(resident_id=resident_id, pickup_id=pickup_id, expires_at=expires_at, now=self.now)
        return _show(request, pickup_id)


class CancelView(PickupStepView):
    output = PickupOutput

    @operation(summary="Cancel a pickup", operation_id="cancel_pickup", request=None, responses={200: PickupOutput})
    def post(self, request: Request, pickup_id: uuid.UUID) -> Response:
        """Its match is released, and everybody who waited gets an event. Cancelling twice changes nothing."""
        resident_id = user_of(request).pk
        cancel_pickup(resident_id=resident_id, pickup_id=pickup_id, now=self.now)
        return _show(request, pickup_id, output=PickupOutput)


class RestView(PickupStepView):
    @extend_schema(
        summary="Post again what was left",
        operation_id="post_rest",
        tags=["handover"],
        request=RestInput,
        responses={200: OnePickupOutput, 201: OnePickupOutput},
    )
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """A new pickup linked to the first; the second time, the same one."""
        body = valid(RestInput(data=request.data))
        resident_id = user_of(request).pk
        window = body.window_or_none()
        new, is_new = post_leftovers(resident_id=resident_id, match_id=match_id, window=window, now=self.now)
        return _show(request, new.pk, status=201 if is_new else 200)


def _show(
    request: Request, pickup_id: uuid.UUID, status: int = 200, output: type[PickupOutput] = OnePickupOutput
) -> Response:
    user_id = user_of(request).pk
    return Response(output.of(get_pickup_for(user_id, pickup_id), user_id, media_url_of(request)), status)
