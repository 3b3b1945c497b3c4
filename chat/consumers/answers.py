"""What the client asks of services: one call each, the same as over HTTP."""

import asyncio
import uuid
from datetime import datetime

from django.db import IntegrityError
from django.utils import translation
from msgspec.structs import asdict

from backend.shared.clock import read_clock
from backend.shared.constraints import constraint_of
from chat.consumers.frames import DeleteMessage, Ok, Read, SendMessage, Typing
from chat.consumers.realtime import Realtime
from chat.consumers.threads import in_thread
from chat.models import Message
from chat.services.append import ONE_PER_CLIENT_ID, SEND, Sending
from chat.services.deletion import delete_message
from chat.services.drafts import Draft, draft_of
from chat.services.messages import send
from chat.services.read import mark_read
from chat.services.typing import relay_typing
from chat.shapes import message_shape


async def answer_message(realtime: Realtime, user_id: uuid.UUID, frame: SendMessage, language: str) -> Ok:
    """Store it; returns how everybody sees it, in this language. Raises what `send_message` raises."""
    now = read_clock()
    draft = draft_of(
        kind=frame.kind,
        now=now,
        text=frame.text,
        phrase=asdict(frame.phrase) if frame.phrase else None,
        location=asdict(frame.location) if frame.location else None,
    )
    message = await _send_at_once(realtime, user_id, frame, draft, now) or await _send(user_id, frame, draft, now)
    with translation.override(language):
        return Ok(client_id=frame.client_id, message=message_shape(message))


async def _send_at_once(
    realtime: Realtime, user_id: uuid.UUID, frame: SendMessage, draft: Draft, now: datetime
) -> Message | None:
    """Without a thread, and to the sockets here without Redis; None where it takes more than one statement.

    That is an exact place to keep beside it, or to find out why nothing was stored: said before, closed, no part in it.
    """
    if draft.place is not None:
        return None
    sending = Sending(draft, conversation_id=frame.conversation, sender_id=user_id, client_id=frame.client_id, now=now)
    try:
        sent = sending.read(await realtime.database.fetch(SEND, sending.values))
    except IntegrityError as error:
        if constraint_of(error) != ONE_PER_CLIENT_ID:
            raise
        return None
    if sent is None:
        return None
    realtime.tell(sent.frames)
    await asyncio.sleep(0)  # The other's frame is written before we think about the answer to who sent it.
    return sent.message


async def _send(user_id: uuid.UUID, frame: SendMessage, draft: Draft, now: datetime) -> Message:
    message, _ = await in_thread(
        send, draft, user_id=user_id, conversation_id=frame.conversation, client_id=frame.client_id, now=now
    )
    return message


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
