"""What pushes of the chat are about."""

import uuid


def collapse_key_of(conversation_id: uuid.UUID) -> str:
    """Pushes about one conversation replace each other, and can be muted together."""
    return f"conversation:{conversation_id}"
