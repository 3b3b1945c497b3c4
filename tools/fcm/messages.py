"""Pushes to send."""

from typing import Any

from notifications.push.protocol import PushMessage


def make_message(address: str = "phone", **fields: Any) -> PushMessage:
    """A push about a message in a conversation."""
    usual: dict[str, Any] = {
        "message_id": "17",
        "address": address,
        "address_kind": "token",
        "platform": "android",
        "title": "New message",
        "body": "You have 2 new messages.",
        "collapse_id": "conversation:1",
        "channel": "chat",
        "is_urgent": True,
        "ttl_s": 3600,
        "badge": 3,
        "link": "/conversations/1",
        "data": {"message_id": "17", "conversation": "1"},
    }
    return PushMessage(**usual | fields)
