"""Chat: messages per second, the time from commit to frame, fan-out, and the cost of open sockets."""

import asyncio
import os
import statistics
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import redis
import uvloop
from django.db import connection

from chat.services.messages import send_message
from tools.bench import crowd, fanout, servers
from tools.bench.city import DATABASE
from tools.bench.pairs import Couple, Pair, open_pairs, prepare_couples
from tools.bench.postgres import pgbench, pgbench_paced_ms
from tools.bench.rows import Row
from tools.bench.same_statements import script_of

PAIRS = 20
SESSIONS = 8
SECONDS = 5
AGAIN = "bin/bench chat"


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
    yield from fanout.measure()
    yield from crowd.measure()


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
