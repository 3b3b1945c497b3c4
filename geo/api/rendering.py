"""JSON where it is hot."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

import msgspec
from django.core.files.storage import default_storage
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

_encoder = msgspec.json.Encoder(decimal_format="number")


class FastJSONRenderer(JSONRenderer):
    """The same JSON as everywhere, several times faster; takes ids, times and decimals as they are."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """UTF-8. An answer without content has none at all: what stood there would be read as the next answer."""
        return b"" if data is None else _encoder.encode(data)


def media_url_of(request: Request) -> str:
    """What the addresses of all stored files begin with, as this client reaches us."""
    return media_url_at(request.build_absolute_uri("/"))


@lru_cache(maxsize=100)
def media_url_at(origin: str) -> str:
    """The same for who reaches us there."""
    return urljoin(origin, default_storage.url(""))
