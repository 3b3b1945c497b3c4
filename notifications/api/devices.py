"""`/devices` and `/me/notifications`: where a person can be reached, and about what."""

import uuid
from functools import partial

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import session_of, user_of
from backend.core.http.pagination import CursorPages
from backend.core.http.schema import list_of
from backend.core.http.views import ApiView
from notifications.api.serializers import ChoicesIn, DeviceIn
from notifications.responses import Choices, DeviceOut
from notifications.selectors.reach import devices_of, preferences_of
from notifications.services.devices import Registration, forget_device, register_device
from notifications.services.preferences import choose_notifications


class DevicesView(ApiView):
    """One's own devices."""

    pagination_class = CursorPages

    @extend_schema(
        operation_id="devices_list",
        summary="My devices that can be reached",
        tags=["notifications"],
        responses=list_of(DeviceOut),
    )
    def get(self, request: Request) -> Response:
        """A page of them, the newest first."""
        return CursorPages().respond_rows(request, partial(devices_of, user_of(request).pk), DeviceOut.of)

    @extend_schema(
        operation_id="devices_register",
        summary="Register or refresh the push address of this app",
        description="Call it at every start and whenever Firebase hands out another address. An address that "
        "belonged to another account moves here, and ends with the session that registered it.",
        tags=["notifications"],
        request=DeviceIn,
        responses={201: DeviceOut},
    )
    def post(self, request: Request) -> Response:
        """The device is that of the session that asks."""
        body = DeviceIn(data=request.data)
        body.is_valid(raise_exception=True)
        person = user_of(request)
        given = {"locale": person.locale} | body.validated_data
        registration = Registration(installation=session_of(request).installation, **given)
        device = register_device(user_id=person.pk, registration=registration, now=self.now)
        return Response(DeviceOut.of(device), status=status.HTTP_201_CREATED)


class DeviceView(ApiView):
    """One device."""

    @extend_schema(
        operation_id="devices_forget",
        summary="Push nothing to this device any more",
        tags=["notifications"],
        responses={204: None},
    )
    def delete(self, request: Request, device_id: uuid.UUID) -> Response:
        """404 for another's."""
        forget_device(user_id=user_of(request).pk, device_id=device_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChoicesView(ApiView):
    """What one wants to be told."""

    @extend_schema(
        operation_id="notifications_choices",
        summary="What I want to be told",
        tags=["notifications"],
        responses=Choices,
    )
    def get(self, request: Request) -> Response:
        """The choices, or the defaults."""
        return Response(Choices.of(preferences_of(user_of(request).pk)))

    @extend_schema(
        operation_id="notifications_choose",
        summary="Change what I want to be told",
        tags=["notifications"],
        request=ChoicesIn,
        responses=Choices,
    )
    def patch(self, request: Request) -> Response:
        """Only the fields named."""
        body = ChoicesIn(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        preferences = choose_notifications(user_id=user_of(request).pk, changes=body.validated_data)
        return Response(Choices.of(preferences))
