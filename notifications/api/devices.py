"""`/devices` and `/me/notifications`: the devices that get pushes, and what they are about."""

import uuid
from functools import partial
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import session_of, user_of
from backend.core.http.pagination import CursorPages
from backend.core.http.schema import list_of
from backend.core.http.views import ApiView
from notifications.models import Device, Preferences
from notifications.responses import Choices, DeviceOut
from notifications.selectors.devices import devices_of
from notifications.selectors.preferences import preferences_of
from notifications.services.devices import Registration, forget_device, register_device
from notifications.services.preferences import change_preferences

# A LINE account is linked, not registered.
APP_KINDS = [choice for choice in Device.Kind.choices if choice[0] != Device.Kind.LINE]
APP_PLATFORMS = [choice for choice in Device.Platform.choices if choice[0] != Device.Platform.LINE]


class DeviceIn(serializers.Serializer[Any]):
    """Where an app can be reached."""

    kind = serializers.ChoiceField(choices=APP_KINDS, default=Device.Kind.TOKEN.value)
    value = serializers.CharField(max_length=512, help_text="The registration token or installation id of Firebase.")
    platform = serializers.ChoiceField(choices=APP_PLATFORMS)
    locale = serializers.ChoiceField(choices=settings.LANGUAGES, required=False, help_text="The user's, if not given.")
    app_version = serializers.CharField(max_length=30, required=False, default="", allow_blank=True)


@extend_schema_serializer(component_name="Choices")
class ChoicesIn(serializers.ModelSerializer[Preferences]):
    """What the user wants to be notified of, and when not. Quiet hours are city time; null means the city's own."""

    class Meta:
        model = Preferences
        fields = [
            "chat",
            "likes",
            "matches",
            "handover",
            "nearby",
            "digest",
            "push",
            "line",
            "email",
            "preview",
            "quiet_from",
            "quiet_until",
        ]


class DevicesView(ApiView):
    """The user's devices."""

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
        """The device belongs to the session of the request."""
        body = DeviceIn(data=request.data)
        body.is_valid(raise_exception=True)
        user = user_of(request)
        given = {"locale": user.locale} | body.validated_data
        registration = Registration(installation=session_of(request).installation, **given)
        device = register_device(user_id=user.pk, registration=registration, now=self.now)
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
        """404 for another user's device."""
        forget_device(user_id=user_of(request).pk, device_id=device_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChoicesView(ApiView):
    """The user's preferences."""

    @extend_schema(
        operation_id="notifications_choices",
        summary="What I want to be told",
        tags=["notifications"],
        responses=Choices,
    )
    def get(self, request: Request) -> Response:
        """The preferences, or the defaults."""
        return Response(Choices.of(preferences_of(user_of(request).pk)))

    @extend_schema(
        operation_id="notifications_choose",
        summary="Change what I want to be told",
        tags=["notifications"],
        request=ChoicesIn,
        responses=Choices,
    )
    def patch(self, request: Request) -> Response:
        """Change only the given fields."""
        body = ChoicesIn(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        preferences = change_preferences(user_id=user_of(request).pk, changes=body.validated_data)
        return Response(Choices.of(preferences))
