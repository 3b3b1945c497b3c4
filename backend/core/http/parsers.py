"""Strict parsing of JSON bodies."""

from collections.abc import Mapping
from typing import IO, Any

import msgspec
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from backend.core.errors import BodyTooLarge, LengthRequired

LEVELS_MAX = 20


def require_length(request: Request) -> None:
    """Raise LengthRequired for a chunked body."""
    if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
        raise LengthRequired


class StrictJSONParser(BaseParser):
    """JSON by RFC 8259: UTF-8, no NaN, no lone surrogates, limited depth."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The value. Raises ParseError or BodyTooLarge: Django limits only bodies that it reads itself."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge
        try:
            value = msgspec.json.decode(body)
            require_few_levels(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ParseError(_("This is not valid JSON.")) from error
        return value


def require_few_levels(value: object, levels: int = LEVELS_MAX) -> None:
    """Raise RecursionError for JSON that is nested deeply, here instead of anywhere later."""
    if not isinstance(value, dict | list):
        return
    if levels == 0:
        raise RecursionError
    for part in value.values() if isinstance(value, dict) else value:
        require_few_levels(part, levels - 1)
