"""What the client asks of services: one call each, the same as over HTTP."""

import uuid

from django.utils import translation
from msgspec.structs import asdict

from backend.shared.clock import read_clock
from chat.consumers.frames import DeleteMessage, Ok, Read, SendMessage, Typing
from chat.consumers.threads import in_thread
from chat.services.deletion import delete_message
from chat.services.messages import send_message
from chat.services.read import mark_read
from chat.services.typing import relay_typing
from chat.shapes import message_shape


async def answer_message(user_id: uuid.UUID, frame: SendMessage, language: str) -> Ok:
    """Store it; returns how everybody sees it, in this language. Raises what `send_message` raises."""
    message, _ = await in_thread(
        send_message,
        user_id=user_id,
        conversation_id=frame.conversation,
        client_id=frame.client_id,
        kind=frame.kind,
        text=frame.text,
        phrase=asdict(frame.phrase) if frame.phrase else None,
        location=asdict(frame.location) if frame.location else None,
        now=read_clock(),
    )
    with translation.override(language):
        return Ok(client_id=frame.client_id, message=message_shape(message))


async def answer_deletion(user_id: uuid.UUID, frame: DeleteMessage, language: str) -> Ok:
    """Delete it; returns what is left, in this language. Raises what `delete_message` raises."""
    message = await in_thread(
        delete_message,
        user_id=user_id,
        conversation_id=frame.conversation,
        message_id=frame.message,
        now=read_clock(),
    )
    with translation.override(language):
        return Ok(client_id=message.client_id, message=message_shape(message))


async def answer_read(user_id: uuid.UUID, frame: Read) -> None:
    """Move the position. Raises what `mark_read` raises."""
    await in_thread(mark_read, user_id=user_id, conversation_id=frame.conversation, seq=frame.seq, now=read_clock())


async def answer_typing(user_id: uuid.UUID, frame: Typing) -> None:
    """Tell the others. Raises what `relay_typing` raises."""
    await in_thread(relay_typing, user_id=user_id, conversation_id=frame.conversation)
