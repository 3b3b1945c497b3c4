"""How the list of conversations is shown, and read positions are read."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.accounts.models import User
from chat.api.message_serializers import SEQ_MAX, MessageOut
from chat.models import Conversation, Message
from chat.shapes import message_shape, person_shape


class PersonOut(serializers.Serializer[Any]):
    """What one participant may know of the other."""

    id = serializers.UUIDField()
    first_name = serializers.CharField()
    avatar_colour = serializers.CharField(help_text="Such as #0f766e.")


class ConversationOut(serializers.Serializer[Any]):
    """One row of the list, from `conversations_of`."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    other = serializers.SerializerMethodField()
    last_seq = serializers.IntegerField(help_text="The newest message; 0 before the first.")
    read_seq = serializers.IntegerField(help_text="How far you have read.")
    unread = serializers.IntegerField(help_text="What the other or the service wrote after that, and not deleted.")
    other_read_seq = serializers.IntegerField(allow_null=True, help_text="How far the other has read.")
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
        times = {name: datetime.fromisoformat(fields[name]) for name in ("created_at", "deleted_at") if fields[name]}
        return message_shape(Message(**fields | times))


class ReadIn(serializers.Serializer[Any]):
    """How far you have read."""

    seq = serializers.IntegerField(min_value=0, max_value=SEQ_MAX, help_text="Beyond the last message means: to it.")


class ReadOut(serializers.Serializer[Any]):
    """Your position, which only moves forward."""

    read_seq = serializers.IntegerField()
