"""`GET /config`: settings that a client reads before sign-in; anybody may cache them."""

from typing import Annotated, Self

from django.conf import settings
from drf_spectacular.utils import extend_schema
from inflection import camelize
from msgspec import Meta
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.api.sign_in import socket_url
from backend.accounts.identity import provider_names
from backend.accounts.services.consents import current_versions
from backend.core.http.responses import ResponseBody
from backend.core.http.views import ApiView
from backend.core.text.phones_and_codes import calling_code
from chat.phrases import catalogue_version
from geo.materials.selectors import read_catalogue

KEPT_S = 300
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
    "erasure_grace_days",
)


class FirebaseConfig(ResponseBody):
    """The public configuration of a web app at Firebase."""

    api_key: str
    app_id: str
    auth_domain: str
    project_id: str
    messaging_sender_id: str | None
    vapid_key: Annotated[str | None, Meta(description="For web push.")]

    @classmethod
    def from_settings(cls) -> Self | None:
        """None without one."""
        given = settings.FIREBASE_WEB_CONFIG
        values = {name: given.get(camelize(name, uppercase_first_letter=False)) for name in cls.__struct_fields__}
        return cls(**values) if given else None


class LineConfig(ResponseBody):
    """The LINE Login channel."""

    channel_id: str
    liff_id: Annotated[str | None, Meta(description="The LIFF app with which web pages sign in.")]

    @classmethod
    def from_settings(cls) -> Self | None:
        """None without one."""
        channel_id, liff_id = settings.LINE_LOGIN_CHANNEL_ID, settings.LINE_LIFF_ID or None
        return cls(channel_id=channel_id, liff_id=liff_id) if channel_id else None


class SignInConfig(ResponseBody):
    """How people sign in here."""

    providers: list[str]
    calling_code: Annotated[str, Meta(description="Of numbers without a country code, such as `66`.")]
    firebase_project: str | None
    firebase: Annotated[FirebaseConfig | None, Meta(description="Null where no web app is configured.")]
    line: LineConfig | None


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


class Place(ResponseBody):
    """A place, in degrees."""

    lat: float
    lon: float


class MapConfig(ResponseBody):
    """How maps start."""

    style_url: Annotated[str | None, Meta(description="A MapLibre style; null where the app draws its own map.")]
    centre: Place


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
    default_language: str
    push: PushConfig
    service_area: ServiceArea
    map: MapConfig
    time_zone: str
    consents: Annotated[dict[str, str], Meta(description="The version in force of each purpose.")]
    emergency_number: Annotated[str, Meta(description="Of the police.")]


class ConfigView(ApiView):
    authentication_classes = ()
    permission_classes = [AllowAny]
    is_for_apps = False  # an app begins with it, before it has a token

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
            sign_in=SignInConfig(
                providers=provider_names(),
                calling_code=calling_code(),
                firebase_project=settings.FIREBASE_PROJECT_ID or None,
                firebase=FirebaseConfig.from_settings(),
                line=LineConfig.from_settings(),
            ),
            socket=SocketConfig(url=socket_url(), protocol="tft.v1", heartbeat_s=settings.HEARTBEAT_S),
            materials=MaterialsConfig(version=read_catalogue().version),
            phrases=PhrasesConfig(version=catalogue_version()),
            limits={name: getattr(settings, name.upper()) for name in LIMITS},
            languages=[LanguageConfig(code=code, name=name) for code, name in settings.LANGUAGES],
            default_language=settings.LANGUAGE_CODE,
            push=PushConfig(enabled=settings.PUSH_BACKEND == "fcm"),
            service_area=ServiceArea(*settings.SERVICE_AREA),
            map=MapConfig(style_url=next(iter(settings.MAP_SOURCES), None), centre=Place(*settings.CITY_CENTRE)),
            time_zone=settings.CITY_TIME_ZONE,
            consents=dict(current_versions()),
            emergency_number=settings.EMERGENCY_NUMBER,
        )
        return Response(body, headers={"Cache-Control": f"public, max-age={KEPT_S}"})
