"""The settings of drf-spectacular, which writes docs/openapi.yaml."""


def schema_settings(public_url: str) -> dict[str, object]:
    """SPECTACULAR_SETTINGS of a service at this address."""
    return {
        "TITLE": "Tinder for Trash",
        "DESCRIPTION": "Residents post recyclables, collectors swipe the pickups near them, a match opens a chat.\n\n"
        "New fields, codes and values of enums may come: let generated clients tolerate what they do not know "
        "(openapi-generator: `enumUnknownDefaultCase=true`). Apps send their version as `App-Version`, such as 1.4.2; "
        "one that is too old is refused with `app_outdated`.",
        "VERSION": "1",
        "LICENSE": {"name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        "SERVERS": [{"url": public_url}],
        "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
        "PREPROCESSING_HOOKS": ["backend.core.http.schema_hooks.keep_api"],
        "POSTPROCESSING_HOOKS": ["backend.core.http.schema_hooks.finish_schema"],
        "SCHEMA_PATH_PREFIX": r"/api/v1",
        "SERVE_INCLUDE_SCHEMA": False,
        "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
        "SWAGGER_UI_DIST": "SIDECAR",
        "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
        "REDOC_DIST": "SIDECAR",
        # Without this the page asks a validator on the internet.
        "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": True, "validatorUrl": None},
        "COMPONENT_SPLIT_REQUEST": True,
        "PATH_CONVERTER_OVERRIDES": {"id": {"type": "string", "format": "uuid"}},
        "ENUM_NAME_OVERRIDES": {
            "DeviceKind": "notifications.models.Device.Kind",
            "DevicePlatform": "notifications.models.Device.Platform",
            "MessageKind": "chat.models.Message.Kind",
            "PickupStatus": "geo.models.Pickup.Status",
            "MatchStatus": "geo.models.Match.Status",
            "MatchRole": "geo.matching.responses.Role",
            "GroupKind": "geo.models.Group.Kind",
            "LikeOutputStateEnum": "geo.models.Swipe.QUEUED",
            "PassReason": "geo.models.Swipe.Reason",
            "ReportReason": "backend.accounts.models.Report.Reason",
            "ReleaseReason": "geo.matching.api.matches.REASONS",
        },
    }
