"""Factories of conversations and messages."""

import uuid
from typing import Any

from django.utils import timezone

from backend.accounts.models import User
from chat.models import Conversation, Message
from chat.services.conversations import open_conversation
from chat.services.messages import send_message


def make_conversation(*users: User, title: str = "Six bags of cardboard") -> Conversation:
    """A conversation between `users`."""
    return open_conversation(user_ids=[user.pk for user in users], title=title, now=timezone.now())


def make_message(conversation: Conversation, sender: User, text: str = "Hello", **fields: Any) -> Message:
    """A message that `sender` has sent, with its events."""
    wanted: dict[str, Any] = {"client_id": uuid.uuid4(), "kind": "text", "text": text, "now": timezone.now()} | fields
    message, _ = send_message(user_id=sender.pk, conversation_id=conversation.pk, **wanted)
    return message
