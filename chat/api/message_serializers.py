"""How messages are read from requests and shown."""

from typing import Any

from rest_framework import serializers

from backend.core.media.uploads import PhotoInput
from chat.models import Message
from chat.shapes import message_shape

SEQ_MAX = 2_147_483_647
AS_JSON = ("text", "phrase", "location")


class CardOut(serializers.Serializer[Any]):
    """What happened between the two, written by the service."""

    code = serializers.CharField(help_text="Stable, such as proposal, agreement, weigh_in or receipt.")
    icon = serializers.CharField(help_text="An emoji.")
    data = serializers.DictField(help_text="What the text says, for programs.")  # type: ignore[assignment] # a field


class PhotoOut(serializers.Serializer[Any]):
    """A photo without the camera's notes. Its addresses serve JPEG to who takes part and sends his token."""

    large = serializers.URLField(help_text="Fits 1600 x 1600 pixels.")
    thumb = serializers.URLField(help_text="Fits 400 x 400 pixels.")
    width = serializers.IntegerField(help_text="Of `large`.")
    height = serializers.IntegerField(help_text="Of `large`.")


class PhraseOut(serializers.Serializer[Any]):
    """A phrase of the catalogue."""

    code = serializers.CharField()
    icon = serializers.CharField(help_text="An emoji.")
    params = serializers.DictField(help_text="What fills its blanks.")


class PointOut(serializers.Serializer[Any]):
    """Degrees, WGS 84."""

    lat = serializers.FloatField()
    lon = serializers.FloatField()


class LocationOut(serializers.Serializer[Any]):
    """Where the sender was when he sent it."""

    expires_at = serializers.DateTimeField(help_text="It is forgotten then, or earlier.")
    accuracy_m = serializers.IntegerField(allow_null=True)
    point = PointOut(
        required=False,
        allow_null=True,
        help_text="Only in the history and of the message itself; null when over.",
    )


class MessageOut(serializers.Serializer[Any]):
    """One message; shown by `message_shape`, described here."""

    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    seq = serializers.IntegerField(help_text="Its place in the conversation, from 1, without gaps.")
    sender = serializers.UUIDField(allow_null=True, help_text="Null: the service itself.")
    client_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Message.Kind.choices)
    text = serializers.CharField(help_text="What was written; else what it says, in the reader's language.")
    created_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(required=False, help_text="Only of a deleted one, of which no part is left.")
    photo = PhotoOut(required=False, help_text="Of kind photo.")
    phrase = PhraseOut(required=False, help_text="Of kind phrase.")
    location = LocationOut(required=False, help_text="Of kind location.")
    card = CardOut(required=False, help_text="Of kind event.")

    def to_representation(self, instance: Message) -> Any:
        """The same shape as on the socket."""
        return message_shape(instance)


class PhraseIn(serializers.Serializer[Any]):
    """A phrase of the catalogue, and what fills its blanks."""

    code = serializers.CharField(max_length=40)
    params = serializers.DictField(default=dict, help_text="By name; the catalogue tells which, and their bounds.")


class LocationIn(serializers.Serializer[Any]):
    """Where I am, for as long as I say."""

    lat = serializers.FloatField(min_value=-90, max_value=90)
    lon = serializers.FloatField(min_value=-180, max_value=180)
    accuracy_m = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=100_000)
    minutes = serializers.IntegerField(
        required=False, min_value=1, help_text="60 when not said; /config tells how many at most."
    )
    consent = serializers.BooleanField(default=False, help_text="True: the other may see where I am until then.")


class MessageIn(serializers.Serializer[Any]):
    """A message to send: its kind, and the part named after it."""

    client_id = serializers.UUIDField(
        help_text="Chosen by the client. Sending it again returns the first message and changes nothing."
    )
    kind = serializers.ChoiceField(choices=[(name, name) for name in AS_JSON], default="text")
    text = serializers.CharField(
        trim_whitespace=False,
        allow_blank=True,
        default="",
        help_text="Of kind text: 1 to 2,000 characters; space around it is removed.",
    )
    phrase = PhraseIn(required=False, help_text="Of kind phrase.")
    location = LocationIn(required=False, help_text="Of kind location.")


class PhotoMessageIn(PhotoInput):
    """A photo to send, as a form."""

    client_id = serializers.UUIDField(help_text="As of any message.")
    kind = serializers.ChoiceField(choices=[("photo", "photo")], default="photo")


class HistoryQuery(serializers.Serializer[Any]):
    """Which part of the history."""

    before = serializers.IntegerField(required=False, min_value=0, max_value=SEQ_MAX, help_text="Below this seq.")
    after = serializers.IntegerField(
        required=False, min_value=0, max_value=SEQ_MAX, help_text="Above this seq; then the oldest come first."
    )
    limit = serializers.IntegerField(default=50, min_value=1, max_value=100)


class HistoryOut(serializers.Serializer[Any]):
    """A page of history, the newest first; with `after`, the oldest first."""

    results = MessageOut(many=True)
    next = serializers.URLField(allow_null=True, help_text="The next page in the same direction.")
