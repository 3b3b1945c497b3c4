"""The oldest version of an app that may use the API: the header `App-Version`, and the setting `APP_VERSION_MIN`."""

import re

from django.conf import settings
from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from backend.core.errors import invalid

HEADER = "App-Version"
HEADER_OF_MINIMUM = "App-Version-Min"
_VERSION = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,3}")
# The app is older than `minimum`.
AppOutdated = invalid(
    "app_outdated",
    _("This version of the app is too old. Please update to %(minimum)s or newer."),
    _("Open the store on your phone and update the app. What waits in it is sent afterwards."),
)


def parse_version(text: str) -> tuple[int, ...] | None:
    """`1.4.2` as `(1, 4, 2)`, without zeros at the end and what follows the numbers; None for what has no number."""
    found = _VERSION.match(text.strip())
    if found is None:
        return None
    numbers = [int(number) for number in found[0].split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def require_supported_app(request: Request) -> None:
    """Raise AppOutdated for an app that gives an older version; a client that gives none is not an app in a store."""
    minimum = parse_version(settings.APP_VERSION_MIN)
    version = parse_version(request.headers.get(HEADER, "")) if minimum else None
    if minimum and version is not None and version < minimum:
        raise AppOutdated(minimum=settings.APP_VERSION_MIN)


def add_minimum(response: HttpResponseBase) -> None:
    """Tell every app from which version on it is served."""
    if settings.APP_VERSION_MIN:
        response[HEADER_OF_MINIMUM] = settings.APP_VERSION_MIN
