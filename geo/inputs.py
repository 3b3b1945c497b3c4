"""Fields of request bodies that several features read."""

import math
from typing import Any

from django.contrib.gis.geos import Point
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from backend.core.http.fields import Body, Number, Query


def kilograms(**options: Any) -> serializers.DecimalField:
    """Kilograms to the gram."""
    return serializers.DecimalField(max_digits=9, decimal_places=3, **options)


class Place(Body):
    """`{lat, lon}` in degrees. Takes a latitude over 90 too, so that swapped coordinates get an answer that helps."""

    lat = serializers.FloatField(min_value=-180, max_value=180, help_text="Degrees north, -90 to 90.")
    lon = serializers.FloatField(min_value=-180, max_value=180, help_text="Degrees east.")

    default_error_messages = {"not_on_earth": _("This is not a place on earth.")}

    def to_internal_value(self, data: Any) -> Any:
        """The point (SRID 4326); NaN and infinity are no places."""
        value = super().to_internal_value(data)
        if not (math.isfinite(value["lat"]) and math.isfinite(value["lon"])):
            self.fail("not_on_earth")
        return Point(value["lon"], value["lat"], srid=4326)


class PlaceQuery(Query):
    """A place in the query, or none."""

    lat = Number(min_value=-180, max_value=180, required=False, help_text="With `lon`.")
    lon = Number(min_value=-180, max_value=180, required=False, help_text="With `lat`.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require both coordinates or none."""
        for given, missing in (("lat", "lon"), ("lon", "lat")):
            if given in attrs and missing not in attrs:
                raise serializers.ValidationError(
                    {missing: self.fields[missing].error_messages["required"]}, "required"
                )
        return attrs
