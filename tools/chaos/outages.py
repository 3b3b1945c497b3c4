"""What people see while PostgreSQL or Redis is away, and afterwards, on sockets that stay open all the time."""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from tools.chaos.phones import Person
from tools.chaos.stage import Stage

SLOW_S = 6.0
RECOVERY_S = 30
NEWCOMERS = 12


@dataclass
class Outage:
    """What was seen. `seconds` are the longest answer while it lasted, and the time until all was well again."""

    is_as_promised: bool
    answer_s: float
    recovery_s: float


class Line:
    """An open socket of one person; frames are kept until asked for."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def expect(self, holds: Callable[[dict[str, Any]], bool], patience_s: float) -> dict[str, Any]:
        """The next frame for which this holds. Raises TimeoutError, or ConnectionClosed if the socket did not stay."""
        async with asyncio.timeout(patience_s):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.recv())
                if holds(frame):
                    return frame


class Visit:
    """Two people with open sockets, and HTTP beside them."""

    def __init__(self, stage: Stage, client: httpx.AsyncClient, people: tuple[Person, Person]) -> None:
        self._stage, self._client = stage, client
        self.writer, self.reader = people

    async def open(self, stack: AsyncExitStack) -> tuple[Line, Line]:
        """Both sockets, resumed from the start."""
        return await self.open_one(stack, self.writer), await self.open_one(stack, self.reader)

    async def open_one(self, stack: AsyncExitStack, person: Person) -> Line:
        """One socket, resumed from the start."""
        answer = await self.call("POST", "/realtime/tickets", person)
        if answer.status_code != 201:
            raise RuntimeError(f"no ticket: {answer.status_code} {answer.text}")
        protocols: Any = ["tft.v1", f"ticket.{answer.json()['ticket']}"]
        opening = connect(self._stage.addresses.realtime, subprotocols=protocols, compression=None, proxy=None)
        line = Line(await stack.enter_async_context(opening))
        await line.say(type="resume", since=0)
        return line

    async def call(self, method: str, path: str, person: Person, **body: Any) -> httpx.Response:
        """One request to the web process."""
        return await self._client.request(
            method,
            f"{self._stage.addresses.web}/api/v1{path}",
            headers={"Authorization": f"Bearer {person.token}"},
            json=body or None,
            timeout=20,
        )

    async def post(self) -> tuple[httpx.Response, str]:
        """A message by HTTP, and its client id."""
        client_id = str(uuid.uuid4())
        path = f"/conversations/{self.writer.conversation}/messages"
        return await self.call("POST", path, self.writer, client_id=client_id, kind="text", text="Hello"), client_id

    async def send(self, line: Line) -> str:
        """The same by socket."""
        client_id = str(uuid.uuid4())
        await line.say(
            type="message.send", conversation=self.writer.conversation, client_id=client_id, kind="text", text="Hello"
        )
        return client_id


async def without_postgres(visit: Visit, stage: Stage) -> Outage:
    """503 with Retry-After over HTTP, `unavailable` on the socket; both sockets stay, and go on when it is back.

    Then nobody is turned away on account of what was connected before.
    """
    async with AsyncExitStack() as stack:
        writer, reader = await visit.open(stack)
        stage.postgres.kill_with_sessions()
        refusals = [await _timed(visit.post) for _ in range(3)]
        client_id = await visit.send(writer)
        error = await writer.expect(_is_about(client_id), 20)
        started = time.monotonic()
        await asyncio.to_thread(stage.postgres.start)
        sent = await _insist(visit, writer)
        await reader.expect(_brings(sent), RECOVERY_S)
        recovery_s = time.monotonic() - started
        for newcomer in await asyncio.gather(*(visit.open_one(stack, visit.reader) for _ in range(NEWCOMERS))):
            await newcomer.expect(_brings(sent), RECOVERY_S)
    good = error.get("code") == "unavailable" and all(_is_outage(answer) for (answer, _), _ in refusals)
    longest = max(seconds for _, seconds in refusals)
    return Outage(good and longest < SLOW_S, longest, recovery_s)


async def without_redis(visit: Visit, stage: Stage) -> Outage:
    """Messages are taken and found by HTTP, and come with the next heartbeat to sockets, old ones and new ones."""
    async with AsyncExitStack() as stack:
        writer, reader = await visit.open(stack)
        stage.redis.kill()
        answers = [await _timed(visit.post) for _ in range(2)]
        client_id = await visit.send(writer)
        await writer.expect(_is_about(client_id), 20)
        await reader.expect(_brings(client_id), RECOVERY_S)
        polled = await visit.call("GET", "/events?since=0", visit.reader)
        newcomer = await visit.open_one(stack, visit.reader)
        await newcomer.expect(_brings(client_id), RECOVERY_S)
        started = time.monotonic()
        await asyncio.to_thread(stage.redis.start)
        _, posted = await visit.post()
        await newcomer.expect(_brings(posted), RECOVERY_S)
        recovery_s = time.monotonic() - started
    known = {event["data"].get("message", {}).get("client_id") for event in polled.json()["events"]}
    good = all(answer.status_code == 201 and posted in known for (answer, posted), _ in answers) and client_id in known
    longest = max(seconds for _, seconds in answers)
    return Outage(good and longest < SLOW_S, longest, recovery_s)


async def _timed(
    ask: Callable[[], Awaitable[tuple[httpx.Response, str]]],
) -> tuple[tuple[httpx.Response, str], float]:
    started = time.monotonic()
    answer = await ask()
    return answer, time.monotonic() - started


async def _insist(visit: Visit, line: Line) -> str:
    """By socket, until it is taken."""
    deadline = time.monotonic() + RECOVERY_S
    while time.monotonic() < deadline:
        client_id = await visit.send(line)
        if (await line.expect(_is_about(client_id), RECOVERY_S))["type"] == "ok":
            return client_id
        await asyncio.sleep(0.1)
    raise TimeoutError


def _is_about(client_id: str) -> Callable[[dict[str, Any]], bool]:
    return lambda frame: frame["type"] in ("ok", "error") and frame.get("client_id") == client_id


def _brings(client_id: str) -> Callable[[dict[str, Any]], bool]:
    return lambda frame: frame["type"] == "event" and frame["data"].get("message", {}).get("client_id") == client_id


def _is_outage(answer: httpx.Response) -> bool:
    is_problem = answer.headers.get("Content-Type", "").startswith("application/problem+json")
    return (
        answer.status_code == 503
        and is_problem
        and "Retry-After" in answer.headers
        and answer.json()["code"] == "unavailable"
    )
