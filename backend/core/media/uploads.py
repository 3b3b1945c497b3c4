"""Uploads of pictures: the form, its limit, and the base of the views that take one."""

from typing import Any

from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from backend.core.http.fields import Body
from backend.core.http.views import ApiView
from backend.core.media.pictures import require_few_bytes

ENVELOPE_BYTES_MAX = 100_000  # what multipart adds around the photo


class PhotoInput(Body):
    """A JPEG, PNG, WebP or HEIC picture."""

    photo = serializers.FileField()


class PhotoUpload(ApiView):
    """Base of the views that take a photo."""

    parser_classes = [MultiPartParser]
    rate_scope = "photo"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse an upload that is far too large before it is read."""
        refuse_huge_upload(request)
        super().initial(request, *args, **kwargs)


def refuse_huge_upload(request: Request) -> None:
    """Raise PhotoTooLarge for a request that is far too large, without reading it."""
    text = request.META.get("CONTENT_LENGTH") or "0"
    require_few_bytes((int(text) if text.isdecimal() else 0) - ENVELOPE_BYTES_MAX)
