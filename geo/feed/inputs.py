"""The parameters of a page of features."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from backend.core.clock import city_zone
from backend.core.http.fields import Query
from geo.grid import Box

LIMIT, LIMIT_MAX = 100, 5_000
FORMATS = ("json", "csv", "xlsx", "ngsi-ld")
OPEN = ("", "..")


class FeaturesQuery(Query):
    """Which features, and in which format."""

    default_error_messages = {
        "not_a_box": _("A box is west,south,east,north in degrees."),
        "not_a_time": _("A time is a day, an RFC 3339 time, or two of them with / between; .. leaves one side open."),
    }

    bbox = serializers.CharField(
        max_length=200, required=False, help_text="west,south,east,north in degrees, or with heights as six numbers."
    )
    datetime = serializers.CharField(
        max_length=100, required=False, help_text="A day, an RFC 3339 time, or an interval such as 2026-11-02/.."
    )
    limit = serializers.IntegerField(
        min_value=1, default=LIMIT, help_text=f"More than {LIMIT_MAX} are never returned; `next` leads on."
    )
    after = serializers.CharField(max_length=40, required=False, help_text="Of the link `next`.")
    f = serializers.ChoiceField(choices=FORMATS, default="json", help_text="The format.")

    def validate_bbox(self, text: str) -> Box:
        """The box. Raises ValidationError."""
        try:
            numbers = [float(part) for part in text.split(",")]
        except ValueError:
            self.fail("not_a_box")
        if len(numbers) == 6:
            numbers = [*numbers[:2], *numbers[3:5]]
        if len(numbers) != 4:
            self.fail("not_a_box")
        box = Box(*numbers)
        is_box = -180 <= box.west <= 180 and -180 <= box.east <= 180 and -90 <= box.south <= box.north <= 90
        if not is_box:
            self.fail("not_a_box")
        return box

    def validate_datetime(self, text: str) -> tuple[date, date]:
        """The first and the last day. Raises ValidationError."""
        begin, slash, end = text.partition("/")
        first = date.min if slash and begin in OPEN else self._day_of(begin)
        last = first if not slash else date.max if end in OPEN else self._day_of(end)
        if first > last or (slash and begin in OPEN and end in OPEN):
            self.fail("not_a_time")
        return first, last

    def validate_limit(self, limit: int) -> int:
        return min(limit, LIMIT_MAX)

    def _day_of(self, text: str) -> date:
        """The day of the city that the text names, or that its moment falls on."""
        try:
            if len(text) == len("2026-11-02"):
                return date.fromisoformat(text)
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None or moment.year in (date.min.year, date.max.year):
                self.fail("not_a_time")
            return moment.astimezone(city_zone()).date()
        except ValueError:
            self.fail("not_a_time")


class FeatureQuery(Query):
    """A single feature has no parameters."""


def days_of(values: dict[str, Any]) -> tuple[date, date]:
    """The first and the last day asked for; all of them by default. A week begins up to six days before its last."""
    first, last = values.get("datetime", (date.min, date.max))
    return max(first, date.min + timedelta(days=7)), last
