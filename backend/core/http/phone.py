"""The web app of `clients/phone`: its page at every path of a screen. WhiteNoise serves the files the page loads."""

import re
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from backend.core.http.views import PublicView

# The first parts of the paths in clients/phone/src/routes.ts.
SCREENS = ("welcome", "give", "pickups", "deck", "likes", "matches", "conversations", "inbox", "receipts", "me")
PATHS = rf"^(?:(?:{'|'.join(SCREENS)})(?:/[\w-]+)*/?)?$"


class PhoneView(PublicView):
    """The page of the app. It is the same for every path and every person; the app reads the path itself."""

    def get(self, request: Request, **kwargs: str) -> HttpResponse:
        """HTML, checked for a newer version each time; 503 before the app has been built."""
        return _built_file("index.html", "text/html; charset=utf-8")


class ServiceWorkerView(PublicView):
    """`/sw.js`: it keeps the app on the phone, and may do so for all paths because it lies above them."""

    def get(self, request: Request, **kwargs: str) -> HttpResponse:
        """JavaScript, checked for a newer version each time; 503 before the app has been built."""
        return _built_file("sw.js", "text/javascript; charset=utf-8")


def _built_file(name: str, content_type: str) -> HttpResponse:
    file = settings.PHONE_DIR / name
    if not file.exists():
        text = "The app has not been built. Run bin/setup.\n"
        return HttpResponse(text, status=503, content_type="text/plain; charset=utf-8")
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": content_security_policy()}
    return HttpResponse(file.read_bytes(), content_type=content_type, headers=headers)


@cache
def content_security_policy() -> str:
    """Only this service's own scripts and styles; pictures and maps also from where the settings say they are."""
    media, maps = _origin(settings.MEDIA_URL), [_origin(url) for url in settings.MAP_SOURCES]
    socket = f"ws{settings.PUBLIC_URL.removeprefix('http')}"
    sources = {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "font-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:", media, *maps],
        "connect-src": ["'self'", socket, media, *maps],
        "worker-src": ["'self'", "blob:"],
        "manifest-src": ["'self'"],
        "media-src": ["'self'", "blob:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(" ".join([name, *dict.fromkeys(filter(None, values))]) for name, values in sources.items())


def _origin(url: str) -> str:
    """`https://host` of a URL elsewhere; empty for a path of this service."""
    parts = urlsplit(re.sub(r"\{s\}\.?", "", url))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
