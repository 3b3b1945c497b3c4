"""Serializers and fields that every app uses."""

import math
import re
from collections.abc import Mapping
from datetime import datetime, time
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request

from backend.core.clock import YearInvalid, read_clock, require_near_year_in
from backend.core.http.language import supported_language

UNKNOWN_NAMED_MAX = 20
_ID = re.compile("[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NAME_CHARACTERS_MAX = 100
LOCALE_CHARACTERS_MAX = 100


class Body(serializers.Serializer[Any]):
    """The body of a request, or a part of one. Unknown fields are refused, so that a typing error is noticed."""

    read_elsewhere: ClassVar[frozenset[str]] = frozenset()
    default_error_messages = {"unknown": _("There is no field of this name here.")}

    def to_internal_value(self, data: Any) -> Any:
        """The checked values. All wrong fields are named at once."""
        unknown = self._unknown_in(data) if isinstance(data, Mapping) else {}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not isinstance(error.detail, dict):
                raise
            raise serializers.ValidationError({**error.detail, **unknown}) from error
        if unknown:
            raise serializers.ValidationError(unknown)
        return values

    def _unknown_in(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        names = [name for name in data if name not in self.fields and name not in self.read_elsewhere]
        error = ErrorDetail(str(self.error_messages["unknown"]), "unknown")
        return {name[:NAME_CHARACTERS_MAX]: [error] for name in names[:UNKNOWN_NAMED_MAX]}


class OptionsBody(Body):
    """A body whose optional fields may be null. That is the same as to leave them out."""

    def to_internal_value(self, data: Any) -> Any:
        """The checked values, with the defaults for null."""
        if isinstance(data, Mapping):
            options = self.options_of(data)
            data = {name: value for name, value in data.items() if value is not None or name not in options}
        return super().to_internal_value(data)

    def options_of(self, data: Mapping[str, Any]) -> set[str]:
        """The fields of this body that may be null."""
        return {name for name, field in self.fields.items() if not field.required}


def field_of(request: Request, name: str) -> Any:
    """What the body holds under this name, unchecked; None without it."""
    return request.data.get(name) if isinstance(request.data, Mapping) else None


class Query(Body):
    """The parameters of a query. `read_elsewhere` names those of the same request that something else reads."""

    @classmethod
    def values_in(cls, request: Request) -> dict[str, Any]:
        """The checked parameters of a request. Raises ValidationError.

        One serializer reads those of all requests, because building one copies all of its fields.
        """
        try:
            return dict(_reader_of(cls).run_validation(request.query_params))
        except serializers.ValidationError:
            # A field keeps its messages in the language in which they were first formatted, so a new one writes them.
            return dict(cls().run_validation(request.query_params))


@cache
def _reader_of(query: type[Query]) -> Query:
    return query()


class PageQuery(Query):
    """The parameters of a list, beside those of its pages."""

    read_elsewhere = frozenset({"cursor", "limit"})


class Nothing(Body):
    """An empty body."""


class IdField(serializers.UUIDField):
    """An id as text, in small letters or capitals, with hyphens or without. The socket accepts the same."""

    def to_internal_value(self, data: Any) -> Any:
        """The id."""
        if not isinstance(data, str) or not _ID.fullmatch(data):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class Moment(serializers.DateTimeField):
    """An RFC 3339 time with its offset, at most ten years ahead. A time without offset is ambiguous and is refused."""

    default_error_messages = {
        "offset_missing": _("Give the time with its offset from UTC, such as 2026-12-01T18:00:00+07:00.")
    }

    def to_internal_value(self, value: Any) -> datetime:
        """The same moment in UTC."""
        try:
            require_near_year_in(str(value), now=read_clock())
        except YearInvalid as error:
            raise serializers.ValidationError(error.text, error.code) from error
        return super().to_internal_value(value)

    def enforce_timezone(self, value: datetime) -> datetime:
        """The same moment in UTC."""
        if timezone.is_naive(value):
            self.fail("offset_missing")
        return super().enforce_timezone(value)


class CityTime(serializers.TimeField):
    """A time of day in the city. One with an offset is refused: it may be another time there."""

    default_error_messages = {"offset_unexpected": _("Give the time of day in the city, without an offset: 22:00.")}

    def to_internal_value(self, value: Any) -> time:
        """The time of day."""
        clock = super().to_internal_value(value)
        if isinstance(value, str) and re.search("[Zz+-]", value):
            self.fail("offset_unexpected")
        return clock


class Number(serializers.FloatField):
    """A number; infinity and NaN are none."""

    def to_internal_value(self, data: Any) -> float:
        """The number."""
        number = super().to_internal_value(data)
        if not math.isfinite(number):
            self.fail("invalid")
        return number


class LanguageField(serializers.ChoiceField):
    """One of the languages, or a locale of one: `th-TH` and `th_TH` are `th`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=settings.LANGUAGES, **options)

    def to_internal_value(self, data: Any) -> Any:
        """The language; a default of "" may be sent too."""
        if data == "" and self.default == "":
            return ""
        is_locale = isinstance(data, str) and len(data) <= LOCALE_CHARACTERS_MAX
        return super().to_internal_value((is_locale and supported_language(data)) or data)
