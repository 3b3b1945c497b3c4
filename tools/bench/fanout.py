"""Fan-out: frames published to many sockets, beside the stock pub/sub layer of channels-redis."""

import asyncio
import os
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import uvloop
from channels_redis.pubsub import RedisPubSubChannelLayer

from backend.accounts.services.tickets import issue_ticket
from backend.core.redis.nudges import publish
from notifications.selectors.events import head_of
from tools.bench import servers
from tools.bench.people import Person, sign_in
from tools.bench.rows import Row
from tools.bench.sockets import LightSocket, open_light, open_ours

SOCKETS = 200
FRAMES = 16
ROUNDS = 25
TEXT = "I am at the gate. Is it the green house?"
STOCK = "uvicorn tools.bench.stock_fanout:application --port ${REALTIME_PORT} --ws-per-message-deflate false"


def measure() -> Iterator[Row]:
    """Measure fan-out."""
    with servers.realtime() as server:
        ours = uvloop.run(_ours(server.port, sign_in("Resident", SOCKETS)))
    with servers.command(STOCK, {"DJANGO_SETTINGS_MODULE": "tools.bench.stock_fanout_settings"}) as server:
        stock = uvloop.run(_stock(server.port))
    yield Row(
        row="chat_fanout_vs_stock",
        value=ours,
        unit="frame/s",
        floor=stock,
        target=3,
        at_most=False,
        floor_is="channels-redis' pub/sub layer and a tutorial consumer, in the same server, as many sockets",
        repeat="bin/bench chat",
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

    def count_event(frame: dict[str, Any]) -> None:
        if frame["type"] == "event":
            counter.count()

    tickets = [_ticket(person) for person in people]
    sockets = [await open_ours(port, ticket, count_event) for ticket in tickets]
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
    sockets = [await open_light(port, "/ws/chat/", "", lambda _: counter.count()) for _ in range(SOCKETS)]
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
