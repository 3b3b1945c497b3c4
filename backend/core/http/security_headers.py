"""What every page of ours forbids browsers, besides what Django's SecurityMiddleware sends."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# What the web app uses is for its own origin; no frame gets anything.
PERMISSIONS = "camera=(self), geolocation=(self), display-capture=(), microphone=(), payment=(), usb=()"
NOTHING = "default-src 'none'; frame-ancestors 'none'"


class SecurityHeadersMiddleware:
    """Sets a content policy where a view has none: scripts and styles are files of this service, never inline."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        tiles = urlsplit(settings.LEAFLET_CONFIG["TILES"])
        self.page = (
            f"default-src 'self'; img-src 'self' data: {tiles.scheme}://{tiles.netloc.replace('{s}', '*')}; "
            "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        response.headers.setdefault("Content-Security-Policy", self.page if is_page else NOTHING)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response
