"""Serializers that every app uses."""

import math
from typing import Any

from django.contrib.gis.geos import Point
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class LatLon(serializers.Serializer[Any]):
    """A place as `{lat, lon}` in degrees, WGS 84. Reads into and shows a GEOS `Point` (SRID 4326)."""

    lat = serializers.FloatField(min_value=-90, max_value=90, help_text="Degrees north.")
    lon = serializers.FloatField(min_value=-180, max_value=180, help_text="Degrees east.")

    default_error_messages = {"not_on_earth": _("This is not a place on earth.")}

    def to_internal_value(self, data: Any) -> Any:
        """The point; NaN and infinity are no places."""
        value = super().to_internal_value(data)
        if not (math.isfinite(value["lat"]) and math.isfinite(value["lon"])):
            self.fail("not_on_earth")
        return Point(value["lon"], value["lat"], srid=4326)

    def to_representation(self, instance: Point) -> dict[str, float]:
        """Degrees with six decimals, about a tenth of a metre."""
        return {"lat": round(instance.y, 6), "lon": round(instance.x, 6)}


class Nothing(serializers.Serializer[Any]):
    """An empty body."""
