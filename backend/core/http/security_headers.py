"""What every page of ours forbids browsers, besides what Django's SecurityMiddleware sends."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from backend.core.http.phone import content_security_policy, origins_of_photos

# What the web app uses is for its own origin; no frame gets anything.
PERMISSIONS = "camera=(self), geolocation=(self), display-capture=(), microphone=(), payment=(), usb=()"
NOTHING = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"


class SecurityHeadersMiddleware:
    """Sets a content policy where a view has none: scripts and styles are files of this service, never inline."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        tiles = urlsplit(settings.LEAFLET_CONFIG["TILES"])
        pictures = ["'self'", "data:", f"{tiles.scheme}://{tiles.netloc.replace('{s}', '*')}", *origins_of_photos()]
        self.page = (
            f"default-src 'self'; img-src {' '.join(pictures)}; "
            "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if "Content-Security-Policy" not in response.headers:
            response.headers["Content-Security-Policy"] = self._policy_for(response.headers.get("Content-Type", ""))
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response

    def _policy_for(self, content_type: str) -> str:
        """A worker has the policy of its file, not of the page: the maps of the web app load their data in one."""
        if content_type.startswith("text/javascript"):
            return content_security_policy()
        return self.page if content_type.startswith("text/html") else NOTHING
