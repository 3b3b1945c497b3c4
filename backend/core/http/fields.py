"""Serializers and fields that every app uses."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class Nothing(serializers.Serializer[Any]):
    """An empty body."""


class Moment(serializers.DateTimeField):
    """An RFC 3339 time with its offset. A time without one is ambiguous and is refused."""

    default_error_messages = {
        "offset_missing": _("Give the time with its offset from UTC, such as 2026-12-01T18:00:00+07:00.")
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        """The same moment in UTC."""
        if timezone.is_naive(value):
            self.fail("offset_missing")
        return super().enforce_timezone(value)
