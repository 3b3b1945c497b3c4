"""`GET /config`: settings that a client reads before sign-in."""

from typing import Annotated

from django.conf import settings
from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.api.sign_in import socket_url
from backend.accounts.identity import provider_names
from backend.core.http.responses import ResponseBody
from backend.core.http.views import ApiView
from chat.phrases import catalogue_version
from geo.materials.selectors import read_catalogue

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


class SignInConfig(ResponseBody):
    """How people sign in here."""

    providers: list[str]
    firebase_project: str | None


class SocketConfig(ResponseBody):
    """Where events come from."""

    url: str
    protocol: str
    heartbeat_s: int


class MaterialsConfig(ResponseBody):
    """Which catalogue is in force."""

    version: str


class PhrasesConfig(ResponseBody):
    """Which catalogue of quick phrases is in force."""

    version: str


class LanguageConfig(ResponseBody):
    """A language that the service speaks."""

    code: str
    name: Annotated[str, Meta(description="In itself.")]


class PushConfig(ResponseBody):
    """Whether phones are reached that do not look."""

    enabled: bool


class ServiceArea(ResponseBody):
    """Where pickups can be posted, in degrees."""

    west: float
    south: float
    east: float
    north: float


class ConfigOutput(ResponseBody):
    """What a client needs to start."""

    sign_in: SignInConfig
    socket: SocketConfig
    materials: MaterialsConfig
    phrases: PhrasesConfig
    limits: dict[str, int]
    languages: list[LanguageConfig]
    push: PushConfig
    service_area: ServiceArea
    time_zone: str


class ConfigView(ApiView):
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
        body = ConfigOutput(
            sign_in=SignInConfig(providers=provider_names(), firebase_project=settings.FIREBASE_PROJECT_ID or None),
            socket=SocketConfig(url=socket_url(), protocol="tft.v1", heartbeat_s=settings.HEARTBEAT_S),
            materials=MaterialsConfig(version=read_catalogue().version),
            phrases=PhrasesConfig(version=catalogue_version()),
            limits={name: getattr(settings, name.upper()) for name in LIMITS},
            languages=[LanguageConfig(code=code, name=name) for code, name in settings.LANGUAGES],
            push=PushConfig(enabled=settings.PUSH_BACKEND == "fcm"),
            service_area=ServiceArea(*settings.SERVICE_AREA),
            time_zone=settings.CITY_TIME_ZONE,
        )
        return Response(body)
