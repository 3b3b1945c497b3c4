"""Chat: messages per second, the time from commit to frame, fan-out, and the cost of open sockets."""

import asyncio
import json
import os
import statistics
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import redis
import uvloop
from django.db import connection

from backend.accounts.services.tickets import issue_ticket
from chat.services.conversations import open_conversation
from chat.services.messages import send_message
from tools.bench import servers, sockets
from tools.bench.city import DATABASE
from tools.bench.light_socket import LightSocket, open_unread
from tools.bench.people import Person, sign_in
from tools.bench.postgres import pgbench, pgbench_paced_ms, script_of
from tools.bench.rows import Row

PAIRS = 20
SESSIONS = 8
SECONDS = 5
AGAIN = "bin/bench chat"


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


def measure() -> Iterator[Row]:
    """Measure chat."""
    everybody = prepare_couples(PAIRS + SESSIONS)
    couples = everybody[:PAIRS]
    script = _script(everybody[PAIRS:])
    floor_rate = pgbench(DATABASE, [script], clients=SESSIONS, seconds=4, n=2)
    floor_ms = _commit_ms() + _redis_ms()
    with servers.realtime() as server:
        rate, lag_s = uvloop.run(_chat(server.port, couples))
    alone_ms = pgbench_paced_ms(DATABASE, script, clients=SESSIONS, seconds=SECONDS, rate=rate / 2, n=2)
    yield _rate_row(rate, floor_rate)
    yield _lag_row(rate, lag_s, floor_ms, alone_ms)
    yield from sockets.measure()


def _rate_row(rate: float, floor: float) -> Row:
    return Row(
        row="chat_rate",
        value=rate,
        unit="msg/s",
        floor=floor,
        target=0.35,
        at_most=False,
        floor_is=f"the same statements, one transaction a message, in pgbench with {SESSIONS} sessions",
        repeat=AGAIN,
        note=f"stored, answered and delivered; {PAIRS} pairs, each sends when its last message is answered",
    )


def _lag_row(rate: float, lag_s: Sequence[float], floor_ms: float, alone_ms: Sequence[float]) -> Row:
    return Row(
        row="chat_commit_to_frame_p99",
        value=_p99(lag_s) * 1000,
        unit="ms",
        floor=floor_ms,
        target=5,
        at_most=True,
        floor_is="one INSERT committed (pgbench -c 1) and one PUBLISH until its subscriber has it, each measured alone",
        repeat=AGAIN,
        note=f"{len(lag_s)} messages of {PAIRS} pairs at {rate / 2:.0f}/s, half of the full rate; "
        f"median {statistics.median(lag_s) * 1000:.1f} ms. The time starts before the flush. The statement "
        f"alone in pgbench at that rate: median {statistics.median(alone_ms):.1f}, p99 {_p99(alone_ms):.1f} ms",
    )


def _p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def _script(couples: Sequence[Couple]) -> str:
    """Return a script in which each session writes to a conversation of its own, as pairs do."""
    branches = []
    for number, couple in enumerate(couples):
        script = script_of(partial(_send, couple), number=1)
        branches.append(f"\\{'elif' if number else 'if'} :client_id = {number}\n{script}")
    return "".join(branches) + "\\endif\n"


def _send(couple: Couple) -> None:
    send_message(
        user_id=couple.people[0].user.pk,
        conversation_id=uuid.UUID(couple.conversation),
        client_id=uuid.uuid4(),
        kind="text",
        text="Hello!",
        now=datetime.now(UTC),
    )


def _commit_ms() -> float:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_commit (id bigserial PRIMARY KEY, text text NOT NULL)")
    return 1000 / pgbench(DATABASE, ["INSERT INTO bench_commit (text) VALUES ('Hello!');"], clients=1, seconds=3)


def _redis_ms() -> float:
    """Return the median of a thousand round trips."""
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    trips = []
    subscribing: Any = client.pubsub  # the stubs leave it untyped
    with subscribing(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe("bench")
        subscription.get_message(timeout=1)
        for _ in range(1000):
            started = time.perf_counter()
            client.publish("bench", b"Hello!")
            while subscription.get_message(timeout=1) is None:
                pass
            trips.append(time.perf_counter() - started)
    return statistics.median(trips) * 1000


async def _chat(port: int, couples: Sequence[Couple]) -> tuple[float, list[float]]:
    """Return the rate of all pairs, and the seconds from commit to frame at half of that rate."""
    for couple in couples:
        couple.issue_tickets()
    async with open_pairs(port, couples) as pairs:
        await _send_at_full_rate(pairs, 1)
        rate = await _send_at_full_rate(pairs, SECONDS)
        await _send_at_rate(pairs, rate / 2)
        seen_at = {client_id: at for pair in pairs for client_id, at in pair.seen_at().items()}
    committed_at = await asyncio.to_thread(_commit_times, list(seen_at))
    return rate, [seen_at[client_id] - at for client_id, at in committed_at.items()]


async def _wait_until(holds: Callable[[], bool], timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError("some messages did not arrive")
        await asyncio.sleep(0.002)


async def _send_at_full_rate(pairs: Sequence[Pair], seconds: float) -> float:
    """Send the next message of each pair when the last is stored; return the messages delivered per second."""
    for pair in pairs:
        pair.forget()
    started = time.monotonic()

    async def write(pair: Pair) -> None:
        while time.monotonic() < started + seconds:
            pair.send()
            await pair.answered.wait()

    async with asyncio.timeout(seconds + 10):
        await asyncio.gather(*(write(pair) for pair in pairs))
    await _all_arrived(pairs)
    return sum(len(pair.sent_at) for pair in pairs) / (time.monotonic() - started)


async def _send_at_rate(pairs: Sequence[Pair], rate: float) -> None:
    """Send `rate` messages per second, all pairs in turn, whether the server keeps up or not."""
    for pair in pairs:
        pair.forget()
    started = time.monotonic()
    for number in range(int(rate * SECONDS)):
        await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
        pairs[number % len(pairs)].send()
    await _all_arrived(pairs)


async def _all_arrived(pairs: Sequence[Pair]) -> None:
    await _wait_until(lambda: all(pair.has_all for pair in pairs))


def _commit_times(client_ids: list[str]) -> dict[str, float]:
    """Return when each message was committed, from PostgreSQL's `track_commit_timestamp`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT client_id::text, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float "
            "FROM chat_message WHERE client_id = ANY (%s::uuid[])",
            [client_ids],
        )
        return dict(cursor.fetchall())
