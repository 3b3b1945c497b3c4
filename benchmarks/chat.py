"""Chat: from sending, and from the commit, to the other socket's frame."""

import asyncio
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import redis
import uvloop
from django.db import connection

from benchmarks import servers
from benchmarks.city import DATABASE
from benchmarks.pairs import Couple, Pair, open_pairs, prepare_couples
from benchmarks.postgres import pgbench
from benchmarks.rows import Row

PAIRS = 20
ALONE = 300
SECONDS = 6
AGAIN = "bin/bench chat"
FLOOR_IS = "one INSERT committed (pgbench -c 1) and one PUBLISH until its subscriber has it, each measured alone"


def measure() -> Iterator[Row]:
    """The rows of chat."""
    couples = prepare_couples(PAIRS)
    floor_ms = _commit_ms() + _redis_ms()
    with servers.realtime() as port:
        alone_s, rate, lag_s = uvloop.run(_chat(port, couples))
    yield Row(
        row="chat_send_to_frame_ms",
        value=statistics.median(alone_s) * 1000,
        unit="ms",
        floor=floor_ms,
        target=10,
        at_most=True,
        floor_is=FLOOR_IS,
        repeat=AGAIN,
        note=f"median of {ALONE} messages of one pair, one after the other; p99 {_p99(alone_s) * 1000:.1f} ms",
    )
    yield Row(
        row="chat_commit_to_frame_p99",
        value=_p99(lag_s) * 1000,
        unit="ms",
        floor=floor_ms,
        target=5,
        at_most=True,
        floor_is=FLOOR_IS,
        repeat=AGAIN,
        note=f"{len(lag_s)} messages of {PAIRS} pairs at {rate / 2:.0f}/s, half of what one process took; "
        f"median {statistics.median(lag_s) * 1000:.1f} ms. The commit begins before it is flushed",
    )


def _p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def _commit_ms() -> float:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_commit (id bigserial PRIMARY KEY, text text NOT NULL)")
    return 1000 / pgbench(DATABASE, ["INSERT INTO bench_commit (text) VALUES ('Hello!');"], clients=1, seconds=3)


def _redis_ms() -> float:
    """The median of a thousand round trips."""
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


async def _chat(port: int, couples: Sequence[Couple]) -> tuple[list[float], float, list[float]]:
    """Seconds from sending to frame of one pair alone; messages a second of all; commit to frame at half of that."""
    async with open_pairs(port, couples) as pairs:
        alone_s = await _one_by_one(pairs[0])
        rate = await _as_fast_as_can_be(pairs)
        await _at_rate(pairs, rate / 2)
        seen_at = {client_id: at for pair in pairs for client_id, at in pair.seen_at.items()}
    committed_at = await asyncio.to_thread(_commit_times, list(seen_at))
    return alone_s, rate, [seen_at[client_id] - at for client_id, at in committed_at.items()]


async def _one_by_one(pair: Pair) -> list[float]:
    for number in range(ALONE):
        await pair.send()
        await _until(partial(_has_seen, pair, number + 1))
        await pair.answered.wait()
    return [pair.seen_at[client_id] - sent_at for client_id, sent_at in pair.sent_at.items()]


def _has_seen(pair: Pair, count: int) -> bool:
    return len(pair.seen_at) == count


async def _until(holds: Callable[[], bool], patience_s: float = 10) -> None:
    deadline = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError("messages were sent that did not arrive")
        await asyncio.sleep(0.0005)


async def _as_fast_as_can_be(pairs: Sequence[Pair]) -> float:
    """Each pair sends the next message when the one before is stored."""
    deadline = time.monotonic() + SECONDS / 2

    async def write(pair: Pair) -> int:
        count = 0
        while time.monotonic() < deadline:
            await pair.send()
            await pair.answered.wait()
            count += 1
        return count

    rate = sum(await asyncio.gather(*(write(pair) for pair in pairs))) / (SECONDS / 2)
    await _all_arrived(pairs)
    return rate


async def _at_rate(pairs: Sequence[Pair], rate: float) -> None:
    """All pairs in turn, `rate` messages a second, whether the server keeps up or not."""
    for pair in pairs:
        pair.forget()
    started = time.monotonic()
    for number in range(int(rate * SECONDS)):
        await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
        await pairs[number % len(pairs)].send()
    await _all_arrived(pairs)


async def _all_arrived(pairs: Sequence[Pair]) -> None:
    await _until(lambda: all(len(pair.seen_at) == len(pair.sent_at) for pair in pairs))


def _commit_times(client_ids: list[str]) -> dict[str, float]:
    """When each message was committed, as PostgreSQL keeps it (`track_commit_timestamp`)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT client_id::text, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float "
            "FROM chat_message WHERE client_id = ANY (%s::uuid[])",
            [client_ids],
        )
        return dict(cursor.fetchall())
