"""Places as phones send them."""

from rest_framework import serializers

from backend.core.http.fields import LatLon


class Place(LatLon):
    """`{lat, lon}` in degrees. Takes a latitude over 90 too, so that swapped coordinates get an answer that helps."""

    lat = serializers.FloatField(min_value=-180, max_value=180, help_text="Degrees north, -90 to 90.")
    lon = serializers.FloatField(min_value=-180, max_value=180, help_text="Degrees east.")
