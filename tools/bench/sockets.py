"""Open sockets: fan-out beside the stock layer, five thousand idle sockets, and a thousand that reconnect at once."""

import asyncio
import json
import os
import random
import resource
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import uvloop
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.db import connection

from backend.accounts.models import Session, User
from backend.accounts.services.tickets import issue_ticket
from backend.core.redis.nudges import publish
from notifications.selectors.events import head_of
from tools.bench import servers
from tools.bench.light_socket import LightSocket, open_light, open_ours, open_unread
from tools.bench.load import END_OF_HEAD, request_bytes
from tools.bench.people import Person, sign_in
from tools.bench.rows import Row

AGAIN = "bin/bench chat"
# --- Fan-out
SOCKETS = 200
FRAMES = 16
ROUNDS = 25
TEXT = "I am at the gate. Is it the green house?"
STOCK = "uvicorn tools.stock_channels.consumers:application --port ${REALTIME_PORT} --ws-per-message-deflate false"
# --- Idle sockets and reconnects
IDLE = 5_000
CUT = 1_000
WATCH_S = 20
AT_ONCE = 40
# Clients reconnect with jitter, as docs/asyncapi.yaml describes.
JITTER_S = 2


def measure() -> Iterator[Row]:
    """Measure fan-out, idle sockets and reconnects."""
    yield _measure_fanout()
    yield from _measure_sockets()


def _measure_fanout() -> Row:
    """Measure the frames per second of the service and of the stock layer."""
    with servers.realtime() as server:
        ours = uvloop.run(_ours(server.port, sign_in("Resident", SOCKETS)))
    with servers.command(STOCK, {"DJANGO_SETTINGS_MODULE": "tools.stock_channels.settings"}) as server:
        stock = uvloop.run(_stock(server.port))
    return Row(
        row="chat_fanout_vs_stock",
        value=ours,
        unit="frame/s",
        floor=stock,
        target=3,
        at_most=False,
        floor_is="channels-redis' pub/sub layer and a tutorial consumer, in the same server, as many sockets",
        repeat=AGAIN,
        note=f"{FRAMES} events at a time to {SOCKETS} sockets until all have them all, {ROUNDS} times; not stored",
    )


class Counter:
    """Counts frames until all expected ones have arrived."""

    def __init__(self) -> None:
        self._left = 0
        self._all = asyncio.Event()

    def expect(self, count: int) -> None:
        self._left = count
        self._all.clear()

    def count(self) -> None:
        self._left -= 1
        if not self._left:
            self._all.set()

    async def wait(self) -> None:
        async with asyncio.timeout(60):
            await self._all.wait()


async def _rate(counter: Counter, send_round: Callable[[int], Awaitable[None]]) -> float:
    """Return the frames that arrive per second, after one round to warm up."""
    started = 0.0
    for number in range(ROUNDS + 1):
        if number == 1:
            started = time.perf_counter()
        counter.expect(SOCKETS * FRAMES)
        await send_round(number)
        await counter.wait()
    return ROUNDS * SOCKETS * FRAMES / (time.perf_counter() - started)


async def _ours(port: int, people: Sequence[Person]) -> float:
    """Publish the next event of each person's log, as after a commit."""
    counter = Counter()

    def count_event(text: bytes) -> None:
        if text.startswith(b'{"type":"event"'):
            counter.count()

    tickets = [_ticket(person) for person in people]
    # Not decoded, as little as the frames of the stock layer.
    sockets = [await open_unread(port, ticket, count_event) for ticket in tickets]
    heads = await asyncio.to_thread(_heads, people)
    await asyncio.sleep(0.5)

    async def send_round(number: int) -> None:
        for frame in range(FRAMES):
            place = number * FRAMES + frame + 1
            publish([(person.user.pk, _event(head + place)) for person, head in zip(people, heads, strict=True)])
            await asyncio.sleep(0)

    rate = await _rate(counter, send_round)
    _close(sockets)
    return rate


def _ticket(person: Person) -> str:
    return issue_ticket(session=person.session, now=datetime.now(UTC))[0]


def _heads(people: Sequence[Person]) -> list[int]:
    return [head_of(person.user.pk) for person in people]


def _event(seq: int) -> dict[str, object]:
    message = {"id": str(uuid.UUID(int=seq)), "seq": seq, "kind": "text", "text": TEXT}
    data = {"conversation": str(uuid.UUID(int=1)), "message": message}
    return {"type": "event", "seq": seq, "event": "message.sent", "data": data, "at": "2026-11-24T01:02:03.000004Z"}


async def _stock(port: int) -> float:
    counter = Counter()
    sockets = [await open_light(port, "/ws/broadcast/", "", lambda _: counter.count()) for _ in range(SOCKETS)]
    layer = RedisPubSubChannelLayer(hosts=[os.environ["REDIS_URL"]])
    await asyncio.sleep(0.5)

    async def send_round(number: int) -> None:
        for frame in range(FRAMES):
            await layer.group_send("everybody", {"type": "chat.message", "frame": _event(number * FRAMES + frame)})

    rate = await _rate(counter, send_round)
    _close(sockets)
    return rate


def _close(sockets: Sequence[LightSocket]) -> None:
    for socket in sockets:
        socket.transport.abort()


def _measure_sockets() -> Iterator[Row]:
    """Measure idle sockets and reconnects."""
    _allow_files(3 * IDLE)
    sessions = _sessions(IDLE)
    with servers.realtime() as server:
        kb, share = uvloop.run(_hold(server, sessions))
    yield Row(
        row="socket_kb", value=kb, unit="kB", floor=1, target=40, at_most=True, repeat=AGAIN,
        floor_is="one kilobyte, so that the ratio is the memory",
        note=f"resident memory with {IDLE} idle authenticated sockets minus memory without, per socket",
    )  # fmt: skip
    yield Row(
        row="socket_core_share", value=share, unit="core", floor=1, target=0.25, at_most=True, repeat=AGAIN,
        floor_is="one core",
        note=f"of the process that holds {IDLE} idle sockets: their heartbeats and database queries",
    )  # fmt: skip
    # Without heartbeats, every query that is counted belongs to a reconnect.
    with servers.web() as web, servers.realtime({"HEARTBEAT_S": "600"}) as realtime:
        seconds, queries = uvloop.run(_cut(web.port, realtime.port, sign_in("Resident", CUT)))
    yield Row(
        row="reconnect_1000_s", value=seconds, unit="s", floor=1, target=10, at_most=True, repeat=AGAIN,
        floor_is="one second, so that the ratio is the time",
        note=f"{CUT} sockets cut at once, until all have a new ticket, are open and have resumed; {queries:.2f} "
        "queries each in all (at most 2)",
    )  # fmt: skip


def _allow_files(count: int) -> None:
    """Raise the limit of open files for this process and those it starts."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < count:
        raise RuntimeError(f"{count} open files are needed and {most} allowed (ulimit -n)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _sessions(count: int) -> list[Session]:
    """Create new users and a session for each."""
    now = datetime.now(UTC)
    users = User.objects.bulk_create(User(phone=f"+99{n:010d}", display_name="Idle") for n in range(count))
    return Session.objects.bulk_create(
        Session(user=user, digest=f"idle-{user.pk}", token_key="idle", installation="idle", expiry=now + timedelta(1))
        for user in users
    )


async def _open_all(port: int, sessions: Sequence[Session]) -> list[LightSocket]:
    """Open a socket for each session with a ticket of its own, at most `AT_ONCE` at the same time."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def open_one(session: Session) -> LightSocket:
        async with limit:
            ticket, _ = issue_ticket(session=session, now=datetime.now(UTC))
            return await open_ours(port, ticket, _ignore)

    return await asyncio.gather(*(open_one(session) for session in sessions))


def _ignore(frame: dict[str, Any]) -> None:
    """Do nothing with a frame."""


async def _hold(server: servers.Server, sessions: Sequence[Session]) -> tuple[float, float]:
    """Return kilobytes per socket, and the share of a core that all of them take."""
    # The first sockets load what is loaded only once.
    first = await _open_all(server.port, sessions[:50])
    await asyncio.sleep(1)
    before = server.memory_kb()
    sockets = first + await _open_all(server.port, sessions[50:])
    await asyncio.sleep(5)
    started, cpu = time.monotonic(), server.cpu_s()
    await asyncio.sleep(WATCH_S)
    share = (server.cpu_s() - cpu) / (time.monotonic() - started)
    kb = (server.memory_kb() - before) / (len(sockets) - 50)
    alive = sum(not socket.closed.done() for socket in sockets)
    if alive < len(sockets):
        raise RuntimeError(f"only {alive} of {len(sockets)} sockets are open")
    for socket in sockets:
        socket.transport.abort()
    return kb, share


async def _cut(web: int, port: int, people: Sequence[Person]) -> tuple[float, float]:
    """Return the seconds until everybody has resumed, and the queries of each."""
    live: set[int] = set()
    sockets = await _connect_all(web, port, people, live)
    before = await asyncio.to_thread(_queries)
    for socket in sockets:
        socket.transport.abort()
    started = time.monotonic()
    sockets = await _connect_all(web, port, people, live)
    seconds = time.monotonic() - started
    after = await asyncio.to_thread(_queries)
    await _require_live(people, live)
    for socket in sockets:
        socket.transport.abort()
    return seconds, (after - before) / len(people)


async def _connect_all(web: int, port: int, people: Sequence[Person], live: set[int]) -> list[LightSocket]:
    async def connect(number: int, person: Person) -> LightSocket:
        await asyncio.sleep(random.uniform(0, JITTER_S))
        ticket = await _request_ticket(web, person)
        return await open_ours(port, ticket, lambda frame: live.add(number) if frame["type"] == "typing" else None)

    return await asyncio.gather(*(connect(number, person) for number, person in enumerate(people)))


async def _request_ticket(web: int, person: Person) -> str:
    """Request a ticket over HTTP, on a connection of its own; after a 503, wait and try again as phones do."""
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", web)
        writer.write(request_bytes("POST", "/api/v1/realtime/tickets", person.token))
        head = (await reader.readuntil(END_OF_HEAD)).decode().lower()
        body = await reader.readexactly(int(head.split("content-length:")[1].split()[0]))
        writer.close()
        if " 503 " not in head.splitlines()[0]:
            break
        await asyncio.sleep(int(head.split("retry-after:")[1].split()[0]) * random.uniform(0.5, 1.5))
    if " 201 " not in head.splitlines()[0]:
        raise RuntimeError(f"no ticket: {head}")
    ticket: str = json.loads(body)["ticket"]
    return ticket


async def _require_live(people: Sequence[Person], live: set[int]) -> None:
    """Check that a frame sent to each of them arrives. Raises RuntimeError."""
    frame = {"type": "typing", "conversation": str(people[0].user.pk), "user": str(people[0].user.pk)}
    publish([(person.user.pk, frame) for person in people])
    deadline = time.monotonic() + 5
    while len(live) < len(people) and time.monotonic() < deadline:  # noqa: ASYNC110 - frames fill it
        await asyncio.sleep(0.05)
    if len(live) < len(people):
        raise RuntimeError(f"only {len(live)} of {len(people)} receive what is sent to them")


def _queries() -> int:
    """Return the transactions of this database so far; PostgreSQL reports them after ten idle seconds."""
    time.sleep(11)
    with connection.cursor() as cursor:
        cursor.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
        count: int = cursor.fetchone()[0]
    return count
