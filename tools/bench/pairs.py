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
    """One writes, the other reads. Times are `time.time()`, the clock that PostgreSQL reads too.

    What comes is only noted: whoever looked into it at once would hold up his own clock for the frames behind it.
    """

    writer: LightSocket
    reader: LightSocket

    def __init__(self, conversation: str) -> None:
        self.conversation = conversation
        self.answered = asyncio.Event()
        self.sent_at: dict[str, float] = {}
        self._heard: list[tuple[float, bytes]] = []

    def send(self) -> None:
        """Send one message."""
        client_id = str(uuid.uuid4())
        self.answered.clear()
        self.sent_at[client_id] = time.time()
        self.writer.say(
            b'{"type":"message.send","conversation":"%s","client_id":"%s","text":"Hello!"}'
            % (self.conversation.encode(), client_id.encode())
        )

    def read(self, text: bytes) -> None:
        """Note when each message arrives at the other side."""
        if b'"event":"message.sent"' in text:
            self._heard.append((time.time(), text))

    def hear_answer(self, text: bytes) -> None:
        """Note that the last message was answered; raises on a refusal."""
        if text.startswith(b'{"type":"error"'):
            raise RuntimeError(f"a message was refused: {text.decode()}")
        if text.startswith(b'{"type":"ok"'):
            self.answered.set()

    @property
    def has_all(self) -> bool:
        """Whether as many have arrived as were sent."""
        return len(self._heard) == len(self.sent_at)

    def seen_at(self) -> dict[str, float]:
        """When each message arrived, by its client id."""
        return {json.loads(text)["data"]["message"]["client_id"]: at for at, text in self._heard}

    def forget(self) -> None:
        """Begin anew."""
        self.sent_at.clear()
        self._heard.clear()


@dataclass(frozen=True)
class Couple:
    """A pair before its sockets are open: two people, the second of whom reads, and their conversation."""

    people: tuple[Person, Person]
    conversation: str
    tickets: list[str] = field(default_factory=list)

    def draw_tickets(self) -> None:
        """They are good for half a minute."""
        now = datetime.now(UTC)
        self.tickets[:] = [_ticket(person, now) for person in self.people]


def prepare_couples(count: int) -> list[Couple]:
    """Conversations between residents and collectors of the city."""
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
    """All sockets open and resumed."""
    pairs = []
    for couple in couples:
        pair = Pair(couple.conversation)
        pair.writer = await open_unread(port, couple.tickets[0], pair.hear_answer)
        pair.reader = await open_unread(port, couple.tickets[1], pair.read)
        pairs.append(pair)
    try:
        yield pairs
    finally:
        for pair in pairs:
            pair.writer.transport.abort()
            pair.reader.transport.abort()
