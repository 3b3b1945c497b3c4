"""The web app of `clients/phone`: its page at every path of a screen. WhiteNoise serves the files the page loads."""

import re
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from backend.core.http.views import PublicView

# What Firebase's phone sign-in loads: its own API, and the reCAPTCHA before each message.
# https://developers.google.com/recaptcha/docs/faq; it writes styles into its elements (google/recaptcha#107).
RECAPTCHA = "https://www.google.com/recaptcha/"
FIREBASE_SOURCES = {
    "connect-src": ["https://identitytoolkit.googleapis.com", RECAPTCHA],
    "script-src": [RECAPTCHA, "https://www.gstatic.com/recaptcha/"],
    "frame-src": [RECAPTCHA, "https://recaptcha.google.com/recaptcha/"],
    "style-src-attr": ["'unsafe-inline'"],
}
# What LIFF loads, from https://developers.line.biz/en/docs/liff/developing-liff-apps/ and its package @liff/server-api.
LINE_SOURCES = {
    "connect-src": ["https://api.line.me", "https://access.line.me"],
    "script-src": ["https://static.line-scdn.net/liff/"],
}
# Where `@firebase/messaging` registers a browser, from the addresses in its code and in `@firebase/installations`.
PUSH_SOURCES = ["https://fcmregistrations.googleapis.com", "https://firebaseinstallations.googleapis.com"]
# The first parts of the paths in clients/phone/src/routes.ts.
SCREENS = (
    "welcome",
    "give",
    "pickups",
    "deck",
    "likes",
    "matches",
    "conversations",
    "inbox",
    "drop-off",
    "receipts",
    "me",
)
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
        headers = {"Retry-After": "60"}
        return HttpResponse(text, status=503, headers=headers, content_type="text/plain; charset=utf-8")
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": content_security_policy(),
        # A Firebase key may be restricted to the origins that use it, so others learn the origin, and no more.
        "Referrer-Policy": "strict-origin" if _has_firebase() else "same-origin",
    }
    return HttpResponse(file.read_bytes(), content_type=content_type, headers=headers)


@cache
def content_security_policy() -> str:
    """Only this service's own scripts and styles, and what the settings name: pictures, maps, sign-in and pushes."""
    media, maps = origins_of_photos(), [_origin(url) for url in settings.MAP_SOURCES]
    socket = f"ws{settings.PUBLIC_URL.removeprefix('http')}"
    push = PUSH_SOURCES if settings.FIREBASE_WEB_CONFIG.get("vapidKey") else []
    sources = {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "font-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:", *media, *maps],
        "connect-src": ["'self'", socket, *media, *maps, *push],
        "worker-src": ["'self'", "blob:"],
        "manifest-src": ["'self'"],
        "media-src": ["'self'", "blob:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    for more in (FIREBASE_SOURCES if _has_firebase() else {}, LINE_SOURCES if settings.LINE_LIFF_ID else {}):
        for name, hosts in more.items():
            sources[name] = [*sources.get(name, []), *hosts]
    return "; ".join(" ".join([name, *dict.fromkeys(filter(None, values))]) for name, values in sources.items())


def origins_of_photos() -> list[str]:
    """Where photos are, if that is elsewhere."""
    return [origin for origin in (_origin(settings.MEDIA_URL), _origin(settings.S3_ENDPOINT)) if origin]


def _has_firebase() -> bool:
    """Whether the app signs people in by Firebase."""
    return bool(settings.FIREBASE_PROJECT_ID and settings.FIREBASE_WEB_CONFIG)


def _origin(url: str) -> str:
    """`https://host` of a URL elsewhere; empty for a path of this service."""
    parts = urlsplit(re.sub(r"\{s\}\.?", "", url))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
