"""How chat reads requests and shows answers."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.accounts.models import User
from chat.models import Conversation, Message
from chat.shapes import message_shape, person_shape

SEQ_MAX = 2_147_483_647


class PersonOut(serializers.Serializer[Any]):
    """What one participant may know of the other."""

    id = serializers.UUIDField()
    first_name = serializers.CharField()
    avatar_colour = serializers.CharField(help_text="Such as #0f766e.")


class CardOut(serializers.Serializer[Any]):
    """What happened between the two, written by the service."""

    code = serializers.CharField(help_text="Stable, such as proposal, agreement, weigh_in or receipt.")
    icon = serializers.CharField(help_text="An emoji.")
    data = serializers.DictField(help_text="What the text says, for programs.")  # type: ignore[assignment] # a field


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
    card = CardOut(required=False, help_text="Of kind event.")

    def to_representation(self, instance: Message) -> Any:
        """The same shape as on the socket."""
        return message_shape(instance)


class ConversationOut(serializers.Serializer[Any]):
    """One row of the list, from `conversations_of`."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    other = serializers.SerializerMethodField()
    last_seq = serializers.IntegerField(help_text="The newest message; 0 before the first.")
    read_seq = serializers.IntegerField(help_text="How far you have read.")
    unread = serializers.IntegerField(help_text="Messages of the other after that.")
    last_message = serializers.SerializerMethodField()
    active_at = serializers.DateTimeField(help_text="The last message, or the opening.")
    closed_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(PersonOut(allow_null=True))
    def get_other(self, conversation: Conversation) -> dict[str, object] | None:
        """The other participant; null for one who talks to nobody."""
        fields = conversation.other  # type: ignore[attr-defined]
        return person_shape(User(**fields)) if fields else None

    @extend_schema_field(MessageOut(allow_null=True))
    def get_last_message(self, conversation: Conversation) -> dict[str, object] | None:
        """The newest message; null before the first."""
        fields = conversation.last_message  # type: ignore[attr-defined]
        if fields is None:
            return None
        return message_shape(Message(**fields | {"created_at": datetime.fromisoformat(fields["created_at"])}))


class MessageIn(serializers.Serializer[Any]):
    """A message to send."""

    client_id = serializers.UUIDField(help_text="Chosen by the client; sending it again changes nothing.")
    kind = serializers.ChoiceField(choices=[Message.Kind.TEXT.value], default=Message.Kind.TEXT.value)
    text = serializers.CharField(
        trim_whitespace=False, allow_blank=True, help_text="1 to 2,000 characters; space around it is removed."
    )


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


class ReadIn(serializers.Serializer[Any]):
    """How far you have read."""

    seq = serializers.IntegerField(min_value=0, max_value=SEQ_MAX, help_text="Beyond the last message means: to it.")


class ReadOut(serializers.Serializer[Any]):
    """Your position, which only moves forward."""

    read_seq = serializers.IntegerField()
