"""Five thousand idle sockets in one process, and a thousand that reconnect at once."""

import asyncio
import json
import random
import resource
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import uvloop
from django.db import connection

from backend.accounts.models import Session, User
from backend.accounts.services.tickets import issue_ticket
from backend.core.redis.nudges import publish
from tools.bench import servers
from tools.bench.load import END_OF_HEAD, request_bytes
from tools.bench.people import Person, sign_in
from tools.bench.rows import Row
from tools.bench.sockets import LightSocket, open_ours

IDLE = 5_000
CUT = 1_000
WATCH_S = 20
AT_ONCE = 40
# Clients come back with jitter, as docs/asyncapi.yaml tells them to.
JITTER_S = 2
AGAIN = "bin/bench chat"


def measure() -> Iterator[Row]:
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
    gate = asyncio.Semaphore(AT_ONCE)

    async def open_one(session: Session) -> LightSocket:
        async with gate:
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
        raise RuntimeError(f"only {alive} of {len(sockets)} sockets are still open")
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
    """Request a ticket over HTTP, on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", web)
    writer.write(request_bytes("POST", "/api/v1/realtime/tickets", person.token))
    head = (await reader.readuntil(END_OF_HEAD)).decode().lower()
    if " 201 " not in head.splitlines()[0]:
        raise RuntimeError(f"no ticket: {head}")
    body = await reader.readexactly(int(head.split("content-length:")[1].split()[0]))
    writer.close()
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
