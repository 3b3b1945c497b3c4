"""Handlers of client frames: one service call each, the same as over HTTP."""

import asyncio
import uuid
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from django.db import IntegrityError
from django.utils import translation

from backend.core.clock import read_clock
from backend.core.db.constraints import constraint_of
from backend.core.http.fields import OptionsBody
from chat.consumers.database import DATABASE_UNAVAILABLE, in_thread
from chat.consumers.frames import DeleteMessage, Ok, Read, SendMessage, Typing
from chat.consumers.realtime import Realtime
from chat.errors import FrameInvalid
from chat.inputs import LocationIn, PhraseIn
from chat.models import Message
from chat.responses import MessageOut
from chat.services.conversations import relay_typing
from chat.services.deletion import delete_message
from chat.services.drafts import Draft, build_draft
from chat.services.messages import (
    ONE_PER_CLIENT_ID,
    SEND,
    answers_unread,
    build_message,
    parse_sent,
    send_draft,
    send_parameters,
)
from chat.services.reading import mark_read
from notifications.services.inbox import acknowledge

log = structlog.get_logger(__name__)
ACK_INTERVAL_S = 0.1


async def run_send(realtime: Realtime, user_id: uuid.UUID, frame: SendMessage, language: str) -> Ok:
    """Store the message and return it in `language`. Raises what `send_message` raises."""
    now = read_clock()
    draft = build_draft(
        kind="text" if frame.kind is None else frame.kind,
        now=now,
        text=frame.text,
        phrase=_check(PhraseIn, "phrase", frame.phrase),
        location=_check(LocationIn, "location", frame.location),
    )
    message = await _send_in_loop(realtime, user_id, frame, draft, now)
    if message is None:
        send = partial(
            send_draft, user_id=user_id, conversation_id=frame.conversation, client_id=frame.client_id, now=now
        )
        message = (await in_thread(send, draft))[0]
    with translation.override(language):
        return Ok(client_id=frame.client_id, message=MessageOut.of(message))


def _check(serializer: type[OptionsBody], name: str, part: dict[str, Any] | None) -> dict[str, Any] | None:
    """A part of the message, checked as over HTTP. Raises FrameInvalid."""
    if part is None:
        return None
    body = serializer(data=part)
    if not body.is_valid():
        raise FrameInvalid(field=f"{name}.{next(iter(body.errors))}")
    return dict(body.validated_data)


async def _send_in_loop(
    realtime: Realtime, user_id: uuid.UUID, frame: SendMessage, draft: Draft, now: datetime
) -> Message | None:
    """Store the message by the one statement that HTTP uses too, and deliver it to the sockets of this process.

    None when more than this statement is needed: to store a location, or to find out why nothing was stored (sent
    before, conversation closed, not a participant, blocked).
    """
    if draft.location is not None:
        return None
    message = build_message(
        draft, conversation_id=frame.conversation, sender_id=user_id, client_id=frame.client_id, now=now
    )
    try:
        rows = await realtime.database.fetch(SEND, send_parameters(message))
    except IntegrityError as error:
        if constraint_of(error) != ONE_PER_CLIENT_ID:
            raise
        return None
    frames = parse_sent(message, rows)
    if not frames:
        return None
    realtime.deliver(frames)
    await asyncio.sleep(0)  # Lets the recipient's frame be written before the sender's answer is built.
    if answers_unread(rows):
        await _mark_answered(message, user_id, now)
    return message


async def _mark_answered(message: Message, user_id: uuid.UUID, now: datetime) -> None:
    """The sender has read what they answer. The message is stored already: it does not fail with this."""
    try:
        await in_thread(mark_read, user_id=user_id, conversation_id=message.conversation_id, seq=message.seq, now=now)
    except DATABASE_UNAVAILABLE as error:
        log.warning("answer_not_read", reason=type(error).__name__)


async def run_delete(user_id: uuid.UUID, frame: DeleteMessage, language: str) -> Ok:
    """Delete the message and return what is left of it in `language`. Raises what `delete_message` raises."""
    message = await in_thread(
        delete_message,
        user_id=user_id,
        conversation_id=frame.conversation,
        message_id=frame.message,
        now=read_clock(),
    )
    with translation.override(language):
        return Ok(client_id=message.client_id, message=MessageOut.of(message))


async def run_read(user_id: uuid.UUID, frame: Read) -> None:
    """Move the read position. Raises what `mark_read` raises."""
    seq = int(frame.seq)
    await in_thread(mark_read, user_id=user_id, conversation_id=frame.conversation, seq=seq, now=read_clock())


async def run_typing(user_id: uuid.UUID, frame: Typing) -> None:
    """Tell the other participants. Raises what `relay_typing` raises."""
    await in_thread(relay_typing, user_id=user_id, conversation_id=frame.conversation, now=read_clock())


class AckBuffer:
    """Stores the highest `seq` the client has acknowledged: at most every `ACK_INTERVAL_S`, and when it disconnects."""

    def __init__(self, user_id: uuid.UUID) -> None:
        self._user_id = user_id
        self._acked = self._stored = 0
        self._task: asyncio.Task[None] | None = None

    def add(self, seq: int) -> None:
        """The client has shown everything up to `seq`."""
        self._acked = max(self._acked, seq)
        if self._acked > self._stored and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._store_until_done())

    async def flush(self) -> None:
        """Store what has not been stored yet."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
        await self._store()

    async def _store_until_done(self) -> None:
        while self._acked > self._stored:
            await asyncio.sleep(ACK_INTERVAL_S)
            await self._store()

    async def _store(self) -> None:
        """A lost acknowledgement costs one unnecessary push at most."""
        seq = self._acked
        if seq <= self._stored:
            return
        self._stored = seq
        try:
            await in_thread(acknowledge, user_id=self._user_id, seq=seq)
        except DATABASE_UNAVAILABLE as error:
            log.warning("ack_lost", reason=type(error).__name__)
