"""Doors of the resident: post, list, read, amend, extend."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.pagination import CursorPages
from backend.core.http.views import ApiView
from geo.models import Pickup
from geo.pickups.inputs import ExtensionInput, PickupAmendment, PickupInput
from geo.pickups.responses import OnePickupOutput
from geo.pickups.selectors import get_pickup_for, pickups_of
from geo.pickups.services.changing import amend_pickup, extend_pickup
from geo.pickups.services.posting import post_pickup
from geo.responses.pickups import PickupOutput

TAGS = ["pickups"]


class PickupsQuery(serializers.Serializer[Any]):
    """Which of one's own pickups to list."""

    status = serializers.ChoiceField(choices=Pickup.Status.choices, required=False)


class PickupsView(ApiView):
    """One's own pickups."""

    pagination_class = CursorPages

    @extend_schema(
        summary="List your own pickups, newest first",
        operation_id="list_pickups",
        tags=TAGS,
        parameters=[PickupsQuery],
        responses=PickupOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        """All, or those of one status."""
        query = PickupsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        pages = CursorPages()
        page = pages.paginate_queryset(pickups_of(user_of(request).pk, **query.validated_data), request, view=self)
        shown = PickupOutput(page, many=True, context={"request": request})
        return pages.get_paginated_response(shown.data)

    @extend_schema(
        summary="Post a pickup",
        operation_id="post_pickup",
        tags=TAGS,
        request=PickupInput,
        responses={201: OnePickupOutput},
    )
    def post(self, request: Request) -> Response:
        """Collectors nearby see it at once, without the exact place."""
        body = PickupInput(data=request.data)
        body.is_valid(raise_exception=True)
        pickup = post_pickup(resident_id=user_of(request).pk, draft=body.draft(), now=self.now)
        return Response(_shown(request, pickup.pk), status=201)


class PickupView(ApiView):
    """One pickup."""

    @extend_schema(summary="Read a pickup", operation_id="get_pickup", tags=TAGS, responses={200: OnePickupOutput})
    def get(self, request: Request, pickup_id: uuid.UUID) -> Response:
        """For its resident, and without the exact place for the matched collector."""
        return Response(_shown(request, pickup_id))

    @extend_schema(
        summary="Amend a pickup",
        operation_id="amend_pickup",
        tags=TAGS,
        request=PickupAmendment,
        responses={200: OnePickupOutput},
    )
    def patch(self, request: Request, pickup_id: uuid.UUID) -> Response:
        """Anything while it is open, note and window while it is matched."""
        body = PickupAmendment(data=request.data)
        body.is_valid(raise_exception=True)
        resident_id = user_of(request).pk
        amend_pickup(resident_id=resident_id, pickup_id=pickup_id, changes=body.changes(), now=self.now)
        return Response(_shown(request, pickup_id))


class ExtensionView(ApiView):
    """How long a pickup stays open."""

    @extend_schema(
        summary="Keep a pickup open longer",
        operation_id="extend_pickup",
        tags=TAGS,
        request=ExtensionInput,
        responses={200: OnePickupOutput},
    )
    def post(self, request: Request, pickup_id: uuid.UUID) -> Response:
        """One tap adds the usual time; `expires_at` says until when exactly."""
        body = ExtensionInput(data=request.data)
        body.is_valid(raise_exception=True)
        expires_at = body.validated_data.get("expires_at")
        resident_id = user_of(request).pk
        extend_pickup(resident_id=resident_id, pickup_id=pickup_id, expires_at=expires_at, now=self.now)
        return Response(_shown(request, pickup_id))


def _shown(request: Request, pickup_id: uuid.UUID) -> dict[str, Any]:
    pickup = get_pickup_for(user_of(request).pk, pickup_id)
    return OnePickupOutput(pickup, context={"request": request}).data
