"""JSON where it is hot."""

from collections.abc import Mapping
from typing import Any

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
    return request.build_absolute_uri(default_storage.url(""))
