"""How photos look on the wire."""

from typing import Any

from rest_framework import serializers


class PhotoOutput(serializers.Serializer[Any]):
    """A photo without the camera's notes; both addresses serve JPEG."""

    id = serializers.UUIDField()
    large = serializers.FileField(help_text="Fits 1600 x 1600 pixels.")
    thumb = serializers.FileField(help_text="Fits 400 x 400 pixels.")
    width = serializers.IntegerField(help_text="Of `large`.")
    height = serializers.IntegerField(help_text="Of `large`.")
