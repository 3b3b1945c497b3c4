"""How hazardous waste is spoken of on the wire."""

from typing import Any

from rest_framework import serializers


class SafetyCardOutput(serializers.Serializer[Any]):
    """What to mind with one hazardous material, in the reader's language."""

    material = serializers.CharField()
    title = serializers.CharField()
    do = serializers.ListField(child=serializers.CharField())
    dont = serializers.ListField(child=serializers.CharField())
    source = serializers.CharField()  # type: ignore[assignment]  # a name of the base class, too


class DropOffOutput(serializers.Serializer[Any]):
    """Where else it can go."""

    name = serializers.CharField()
    how = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a name of the base class, too
    checked = serializers.DateField(help_text="When the source was last looked at.")


class HazardOutput(serializers.Serializer[Any]):
    """Why only some see the pickup, what to mind, and where else to go."""

    why = serializers.CharField()
    safety = SafetyCardOutput(many=True)
    drop_off = DropOffOutput(many=True)
