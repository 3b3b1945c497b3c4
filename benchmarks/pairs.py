"""Pairs of people who chat: two open sockets and one conversation each."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from backend.accounts.models import Session
from backend.accounts.services.tickets import issue_ticket
from benchmarks.people import Person, sign_in
from chat.services.conversations import open_conversation


@dataclass
class Pair:
    """One writes, the other reads. Times are `time.time()`, the clock that PostgreSQL reads too."""

    writer: ClientConnection
    reader: ClientConnection
    conversation: str
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    sent_at: dict[str, float] = field(default_factory=dict)
    seen_at: dict[str, float] = field(default_factory=dict)

    async def send(self) -> None:
        """Send one message."""
        client_id = str(uuid.uuid4())
        frame = {"type": "message.send", "conversation": self.conversation, "client_id": client_id, "text": "Hello!"}
        self.answered.clear()
        self.sent_at[client_id] = time.time()
        await self.writer.send(json.dumps(frame))

    async def read(self) -> None:
        """Note when each message arrives at the other side."""
        async for text in self.reader:
            now, frame = time.time(), json.loads(text)
            if frame.get("event") == "message.sent":
                self.seen_at[frame["data"]["message"]["client_id"]] = now

    async def hear_answers(self) -> None:
        """Note that the last message was answered; raises on a refusal."""
        async for text in self.writer:
            frame = json.loads(text)
            if frame["type"] == "error":
                raise RuntimeError(f"a message was refused: {frame}")
            if frame["type"] == "ok":
                self.answered.set()

    def forget(self) -> None:
        """Begin anew."""
        self.sent_at.clear()
        self.seen_at.clear()


@dataclass(frozen=True)
class Couple:
    """A pair before its sockets are open: two tickets and a conversation."""

    tickets: tuple[str, str]
    conversation: str


def prepare_couples(count: int) -> list[Couple]:
    """Conversations between residents and collectors of the city."""
    now = datetime.now(UTC)
    couples = zip(sign_in("Resident", count), sign_in("Collector", count), strict=True)
    return [
        Couple(
            tickets=(_ticket(one, now), _ticket(other, now)),
            conversation=str(open_conversation(user_ids=[one.user.pk, other.user.pk], title="Bench", now=now).pk),
        )
        for one, other in couples
    ]


def _ticket(person: Person, now: datetime) -> str:
    return issue_ticket(session=Session.objects.get(user=person.user), now=now)[0]


@asynccontextmanager
async def open_pairs(port: int, couples: Sequence[Couple]) -> AsyncIterator[list[Pair]]:
    """All sockets open and resumed, with a task for each that reads it."""
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        pairs = []
        for couple in couples:
            writer, reader = [await _open(stack, port, ticket) for ticket in couple.tickets]
            pair = Pair(writer, reader, couple.conversation)
            pairs.append(pair)
            tasks.create_task(pair.read())
            tasks.create_task(pair.hear_answers())
        yield pairs
        for pair in pairs:
            await asyncio.gather(pair.writer.close(), pair.reader.close())


async def _open(stack: AsyncExitStack, port: int, ticket: str) -> ClientConnection:
    protocols: Any = ["tft.v1", f"ticket.{ticket}"]
    url = f"ws://127.0.0.1:{port}/ws/v1/"
    socket = await stack.enter_async_context(connect(url, subprotocols=protocols, compression=None, proxy=None))
    hello = json.loads(await socket.recv())
    await socket.send(json.dumps({"type": "resume", "since": hello["head"]}))
    return socket
