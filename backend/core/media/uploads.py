"""Photo uploads."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from backend.core.media.pictures import require_few_bytes

ENVELOPE_BYTES_MAX = 100_000  # what multipart adds around the photo


class PhotoInput(serializers.Serializer[Any]):
    """A JPEG, PNG, WebP or HEIC picture."""

    photo = serializers.FileField()


def refuse_huge_upload(request: Request) -> None:
    """Refuse a request that is far too large before reading it. Raises PhotoTooLarge."""
    text = request.META.get("CONTENT_LENGTH") or "0"
    require_few_bytes((int(text) if text.isdecimal() else 0) - ENVELOPE_BYTES_MAX)
