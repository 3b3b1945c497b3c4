"""Request bodies of messages. The socket checks phrases and locations by the same serializers."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from backend.core.http.fields import IdField, Number, OptionsBody
from backend.core.media.uploads import PhotoInput

JSON_KINDS = ("text", "phrase", "location")
ACCURACY_M_MAX = 100_000
A_CLIENT_ID = "0b0e7a52-1f0b-4d0a-9c53-2f5f6c1c8b11"


class MessageText(serializers.CharField):
    """A JSON string; a number is refused instead of being spelled out."""

    def to_internal_value(self, data: Any) -> str:
        """The text as it was sent."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Consent(serializers.BooleanField):
    """True or false of JSON, and nothing else that might pass for it."""

    def to_internal_value(self, data: Any) -> bool:
        """Whether they consent."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class PhraseIn(OptionsBody):
    """A phrase of the catalogue and its parameters."""

    code = serializers.CharField(max_length=40)
    params = serializers.DictField(
        default=dict, allow_null=True, help_text="By name; the catalogue lists them and their bounds."
    )


class LocationIn(OptionsBody):
    """The sender's location, and for how long it is shown."""

    lat = Number(min_value=-90, max_value=90)
    lon = Number(min_value=-180, max_value=180)
    accuracy_m = Number(
        required=False, allow_null=True, min_value=0, max_value=ACCURACY_M_MAX, help_text="As phones give it."
    )
    minutes = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, help_text="60 if not given; /config has the maximum."
    )
    consent = Consent(default=False, help_text="True: the other participant may see the location until then.")

    def options_of(self, data: Mapping[str, Any]) -> set[str]:
        """All optional fields but the consent, which has to be clear."""
        return super().options_of(data) - {"consent"}


@extend_schema_serializer(
    examples=[
        OpenApiExample("Text", {"client_id": A_CLIENT_ID, "kind": "text", "text": "I am at the gate"}),
        OpenApiExample(
            "Phrase",
            {"client_id": A_CLIENT_ID, "kind": "phrase", "phrase": {"code": "arriving_in", "params": {"minutes": 10}}},
        ),
    ]
)
class MessageIn(OptionsBody):
    """A message to send: its kind, and the part named after it."""

    client_id = IdField(
        help_text="Chosen by the client. Sending it again returns the first message and changes nothing."
    )
    kind = serializers.ChoiceField(choices=[(name, name) for name in JSON_KINDS], default="text")
    text = MessageText(
        trim_whitespace=False,
        allow_blank=True,
        default="",
        help_text="Of kind text: 1 to 2,000 characters; space around it is removed.",
    )
    phrase = PhraseIn(required=False, help_text="Of kind phrase.")
    location = LocationIn(required=False, help_text="Of kind location.")

    def options_of(self, data: Mapping[str, Any]) -> set[str]:
        """All optional fields but the one that the kind needs."""
        return super().options_of(data) - {str(data.get("kind"))}


class PhotoMessageIn(PhotoInput):
    """A photo to send, as a form."""

    client_id = IdField(help_text="As of any message.")
    kind = serializers.ChoiceField(choices=[("photo", "photo")], default="photo")
