"""What the requests of this app hold."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from notifications.models import Device, Preferences

SEQ_MAX = 2**63 - 1
# A LINE account is linked, not registered.
APP_KINDS = [choice for choice in Device.Kind.choices if choice[0] != Device.Kind.LINE]
APP_PLATFORMS = [choice for choice in Device.Platform.choices if choice[0] != Device.Platform.LINE]


class DeviceIn(serializers.Serializer[Any]):
    """Where an app can be reached."""

    kind = serializers.ChoiceField(choices=APP_KINDS, default=Device.Kind.TOKEN.value)
    value = serializers.CharField(max_length=512, help_text="The registration token or installation id of Firebase.")
    platform = serializers.ChoiceField(choices=APP_PLATFORMS)
    locale = serializers.ChoiceField(
        choices=settings.LANGUAGES, required=False, help_text="The person's, if not given."
    )
    app_version = serializers.CharField(max_length=30, required=False, default="", allow_blank=True)


@extend_schema_serializer(component_name="Choices")
class ChoicesIn(serializers.ModelSerializer[Preferences]):
    """What the person wants to be told, and when not. Quiet hours are city time; null means the city's own."""

    class Meta:
        model = Preferences
        fields = [
            "chat",
            "likes",
            "matches",
            "handover",
            "nearby",
            "digest",
            "push",
            "line",
            "email",
            "preview",
            "quiet_from",
            "quiet_until",
        ]


class EventsQuery(serializers.Serializer[Any]):
    """From where to read the log, and how long to wait for something new."""

    since = serializers.IntegerField(min_value=0, max_value=SEQ_MAX, default=0, help_text="The last number seen.")
    wait = serializers.IntegerField(
        min_value=0, default=0, help_text="Seconds to wait while there is nothing; 25 at most."
    )


class Acknowledgement(serializers.Serializer[Any]):
    """Everything up to this number has been shown."""

    seq = serializers.IntegerField(min_value=0, max_value=SEQ_MAX)


class ReadUpTo(serializers.Serializer[Any]):
    """Everything up to this number has been read."""

    up_to = serializers.IntegerField(min_value=0, max_value=SEQ_MAX)
