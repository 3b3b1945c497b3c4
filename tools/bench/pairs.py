"""Pairs of people who chat: two open sockets and one conversation each."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from backend.accounts.services.tickets import issue_ticket
from chat.services.conversations import open_conversation
from tools.bench.people import Person, sign_in
from tools.bench.sockets import LightSocket, open_unread


class Pair:
    """Two sockets of one conversation. Times are `time.time()`, the clock that PostgreSQL uses too.

    Frames are kept as they arrive and decoded later: decoding at once would delay the clock for the next frame.
    """

    writer: LightSocket
    reader: LightSocket

    def __init__(self, conversation: str) -> None:
        self.conversation = conversation
        self.answered = asyncio.Event()
        self.sent_at: dict[str, float] = {}
        self._received: list[tuple[float, bytes]] = []

    def send(self) -> None:
        """Send one message."""
        client_id = str(uuid.uuid4())
        self.answered.clear()
        self.sent_at[client_id] = time.time()
        self.writer.send_text(
            b'{"type":"message.send","conversation":"%s","client_id":"%s","text":"Hello!"}'
            % (self.conversation.encode(), client_id.encode())
        )

    def receive_message(self, text: bytes) -> None:
        """Keep each message with the time of its arrival at the reader."""
        if b'"event":"message.sent"' in text:
            self._received.append((time.time(), text))

    def receive_answer(self, text: bytes) -> None:
        """Set `answered` when the last message was stored. Raises RuntimeError on a refusal."""
        if text.startswith(b'{"type":"error"'):
            raise RuntimeError(f"a message was refused: {text.decode()}")
        if text.startswith(b'{"type":"ok"'):
            self.answered.set()

    @property
    def has_all(self) -> bool:
        """Whether every message has arrived."""
        return len(self._received) == len(self.sent_at)

    def seen_at(self) -> dict[str, float]:
        """Return when each message arrived, by its client id."""
        return {json.loads(text)["data"]["message"]["client_id"]: at for at, text in self._received}

    def forget(self) -> None:
        """Forget all messages so far."""
        self.sent_at.clear()
        self._received.clear()


@dataclass(frozen=True)
class Couple:
    """Two people and their conversation, before sockets are open; the second of them reads."""

    people: tuple[Person, Person]
    conversation: str
    tickets: list[str] = field(default_factory=list)

    def issue_tickets(self) -> None:
        """Issue a ticket for each; tickets are valid for half a minute."""
        now = datetime.now(UTC)
        self.tickets[:] = [_ticket(person, now) for person in self.people]


def prepare_couples(count: int) -> list[Couple]:
    """Open conversations between residents and collectors of the city."""
    now = datetime.now(UTC)
    couples = zip(sign_in("Resident", count), sign_in("Collector", count), strict=True)
    return [
        Couple(
            people=(one, other),
            conversation=str(open_conversation(user_ids=[one.user.pk, other.user.pk], title="Bench", now=now).pk),
        )
        for one, other in couples
    ]


def _ticket(person: Person, now: datetime) -> str:
    return issue_ticket(session=person.session, now=now)[0]


@asynccontextmanager
async def open_pairs(port: int, couples: Sequence[Couple]) -> AsyncIterator[list[Pair]]:
    """Open and resume the sockets of all couples; close them at the end."""
    pairs = []
    for couple in couples:
        pair = Pair(couple.conversation)
        pair.writer = await open_unread(port, couple.tickets[0], pair.receive_answer)
        pair.reader = await open_unread(port, couple.tickets[1], pair.receive_message)
        pairs.append(pair)
    try:
        yield pairs
    finally:
        for pair in pairs:
            pair.writer.transport.abort()
            pair.reader.transport.abort()
