"""The door to what a client needs to start."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.api.tickets import socket_url
from backend.accounts.identity import provider_names
from backend.shared.views import ApiView
from chat.phrases import catalogue_version
from geo.selectors.materials import read_catalogue

LIMITS = (
    "grid_size_m",
    "deck_size",
    "deck_size_max",
    "radius_default_m",
    "radius_min_m",
    "radius_max_m",
    "pickup_days",
    "pickup_days_max",
    "pickup_items_max",
    "pickup_kg_max",
    "pickup_pieces_max",
    "photos_max",
    "photo_bytes_max",
    "photo_pixels_max",
    "message_characters_max",
    "message_delete_minutes",
    "location_minutes",
    "location_minutes_max",
    "message_photos_max",
    "likes_waiting_max",
    "matches_active_max",
    "handover_code_tries",
    "arrival_radius_m",
    "arrival_accuracy_max_m",
    "arrival_early_minutes",
    "no_show_wait_minutes",
    "scale_photos_max",
    "devices_max",
)


class SignInConfig(serializers.Serializer[Any]):
    """How people sign in here."""

    providers = serializers.ListField(child=serializers.CharField())
    firebase_project = serializers.CharField(allow_null=True)


class SocketConfig(serializers.Serializer[Any]):
    """Where events come from."""

    url = serializers.CharField()
    protocol = serializers.CharField()
    heartbeat_s = serializers.IntegerField()


class MaterialsConfig(serializers.Serializer[Any]):
    """Which catalogue is in force."""

    version = serializers.CharField()


class PhrasesConfig(serializers.Serializer[Any]):
    """Which catalogue of quick phrases is in force."""

    version = serializers.CharField()


class LanguageConfig(serializers.Serializer[Any]):
    """A language that the service speaks."""

    code = serializers.CharField()
    name = serializers.CharField(help_text="In itself.")


class PushConfig(serializers.Serializer[Any]):
    """Whether phones are reached that do not look."""

    enabled = serializers.BooleanField()


class ServiceArea(serializers.Serializer[Any]):
    """Where pickups can be posted, in degrees."""

    west = serializers.FloatField()
    south = serializers.FloatField()
    east = serializers.FloatField()
    north = serializers.FloatField()


class ConfigOutput(serializers.Serializer[Any]):
    """What a client needs to start."""

    sign_in = SignInConfig()
    socket = SocketConfig()
    materials = MaterialsConfig()
    phrases = PhrasesConfig()
    limits = serializers.DictField(child=serializers.IntegerField())
    languages = LanguageConfig(many=True)
    push = PushConfig()
    service_area = ServiceArea()
    time_zone = serializers.CharField()


class ConfigView(ApiView):
    """What a client needs to start."""

    permission_classes = [AllowAny]

    @extend_schema(
        summary="Read what a client needs to start",
        operation_id="get_config",
        tags=["config"],
        auth=[],
        responses={200: ConfigOutput},
    )
    def get(self, request: Request) -> Response:
        """For everybody, before sign-in."""
        return Response(
            {
                "sign_in": {"providers": provider_names(), "firebase_project": settings.FIREBASE_PROJECT_ID or None},
                "socket": {"url": socket_url(), "protocol": "tft.v1", "heartbeat_s": settings.HEARTBEAT_S},
                "materials": {"version": read_catalogue().version},
                "phrases": {"version": catalogue_version()},
                "limits": {name: getattr(settings, name.upper()) for name in LIMITS},
                "languages": [{"code": code, "name": name} for code, name in settings.LANGUAGES],
                "push": {"enabled": settings.PUSH_BACKEND == "fcm"},
                "service_area": dict(zip(("west", "south", "east", "north"), settings.SERVICE_AREA, strict=True)),
                "time_zone": settings.CITY_TIME_ZONE,
            }
        )
