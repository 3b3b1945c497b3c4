"""How chat's things look in JSON, the same over HTTP, on the socket and in the event log."""

from datetime import UTC, datetime

from backend.accounts.models import User
from chat.models import Message


def spell_time(moment: datetime) -> str:
    """RFC 3339, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def message_shape(message: Message) -> dict[str, object]:
    """`{id, conversation, seq, sender, client_id, kind, text, created_at}`."""
    return {
        "id": str(message.pk),
        "conversation": str(message.conversation_id),
        "seq": message.seq,
        "sender": str(message.sender_id),
        "client_id": str(message.client_id),
        "kind": message.kind,
        "text": message.text,
        "created_at": spell_time(message.created_at),
    }


def person_shape(user: User) -> dict[str, object]:
    """What one participant may know of the other: `{id, first_name, avatar_colour}`."""
    return {"id": str(user.pk), "first_name": user.first_name, "avatar_colour": user.avatar_colour}
