"""What clients see during and after an outage of PostgreSQL or Redis, on sockets that stay open."""

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

from tools.chaos.clients import Person
from tools.chaos.servers import Servers

SLOW_S = 6.0
RECOVERY_S = 30
NEW_SOCKETS = 12


@dataclass
class Outage:
    """The result: the longest response during the outage, and the time until everything worked again."""

    is_as_documented: bool
    response_s: float
    recovery_s: float


class OutageSocket:
    """An open socket of one person."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def expect(self, holds: Callable[[dict[str, Any]], bool], timeout_s: float) -> dict[str, Any]:
        """Return the next frame for which this holds. Raises TimeoutError or ConnectionClosed."""
        async with asyncio.timeout(timeout_s):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.recv())
                if holds(frame):
                    return frame


class OutageClients:
    """Two people with open sockets, who also use HTTP."""

    def __init__(self, servers: Servers, client: httpx.AsyncClient, people: tuple[Person, Person]) -> None:
        self._servers, self._client = servers, client
        self.writer, self.reader = people

    async def open(self, stack: AsyncExitStack) -> tuple[OutageSocket, OutageSocket]:
        """Open both sockets, resumed from the start."""
        return await self.open_one(stack, self.writer), await self.open_one(stack, self.reader)

    async def open_one(self, stack: AsyncExitStack, person: Person) -> OutageSocket:
        """Open one socket, resumed from the start."""
        answer = await self.call("POST", "/realtime/tickets", person)
        if answer.status_code != 201:
            raise RuntimeError(f"no ticket: {answer.status_code} {answer.text}")
        protocols: Any = ["tft.v1", f"ticket.{answer.json()['ticket']}"]
        opening = connect(self._servers.addresses.realtime, subprotocols=protocols, compression=None, proxy=None)
        socket = OutageSocket(await stack.enter_async_context(opening))
        await socket.send(type="resume", since=0)
        return socket

    async def call(self, method: str, path: str, person: Person, **body: Any) -> httpx.Response:
        """Send one request to the web process."""
        return await self._client.request(
            method,
            f"{self._servers.addresses.web}/api/v1{path}",
            headers={"Authorization": f"Bearer {person.token}"},
            json=body or None,
            timeout=20,
        )

    async def post(self) -> tuple[httpx.Response, str]:
        """Send a message by HTTP; return the response and the client id."""
        client_id = str(uuid.uuid4())
        path = f"/conversations/{self.writer.conversation}/messages"
        return await self.call("POST", path, self.writer, client_id=client_id, kind="text", text="Hello"), client_id

    async def send(self, socket: OutageSocket) -> str:
        """Send a message by socket; return the client id."""
        client_id = str(uuid.uuid4())
        await socket.send(
            type="message.send", conversation=self.writer.conversation, client_id=client_id, kind="text", text="Hello"
        )
        return client_id


async def without_postgres(pair: OutageClients, servers: Servers) -> Outage:
    """Expect 503 with Retry-After over HTTP, `unavailable` on the socket, and both sockets open and working again.

    Afterwards new sockets open as well, though the pool held connections to the killed server.
    """
    async with AsyncExitStack() as stack:
        writer, reader = await pair.open(stack)
        servers.postgres.kill_with_sessions()
        refusals = [await _timed(pair.post) for _ in range(3)]
        client_id = await pair.send(writer)
        error = await writer.expect(_answers(client_id), 20)
        started = time.monotonic()
        await asyncio.to_thread(servers.postgres.start)
        sent = await _send_until_stored(pair, writer)
        await reader.expect(_delivers(sent), RECOVERY_S)
        recovery_s = time.monotonic() - started
        for new_socket in await asyncio.gather(*(pair.open_one(stack, pair.reader) for _ in range(NEW_SOCKETS))):
            await new_socket.expect(_delivers(sent), RECOVERY_S)
    is_good = error.get("code") == "unavailable" and all(_is_outage(answer) for (answer, _), _ in refusals)
    longest = max(seconds for _, seconds in refusals)
    return Outage(is_good and longest < SLOW_S, longest, recovery_s)


async def without_redis(pair: OutageClients, servers: Servers) -> Outage:
    """Expect messages to be stored, found by HTTP, and delivered to old and new sockets with the next heartbeat."""
    async with AsyncExitStack() as stack:
        writer, reader = await pair.open(stack)
        servers.redis.kill()
        answers = [await _timed(pair.post) for _ in range(2)]
        client_id = await pair.send(writer)
        await writer.expect(_answers(client_id), 20)
        await reader.expect(_delivers(client_id), RECOVERY_S)
        polled = await pair.call("GET", "/events?since=0", pair.reader)
        new_socket = await pair.open_one(stack, pair.reader)
        await new_socket.expect(_delivers(client_id), RECOVERY_S)
        started = time.monotonic()
        await asyncio.to_thread(servers.redis.start)
        _, posted = await pair.post()
        await new_socket.expect(_delivers(posted), RECOVERY_S)
        recovery_s = time.monotonic() - started
    found = {event["data"].get("message", {}).get("client_id") for event in polled.json()["events"]}
    is_good = (
        all(answer.status_code == 201 and posted in found for (answer, posted), _ in answers) and client_id in found
    )
    longest = max(seconds for _, seconds in answers)
    return Outage(is_good and longest < SLOW_S, longest, recovery_s)


async def _timed(
    send: Callable[[], Awaitable[tuple[httpx.Response, str]]],
) -> tuple[tuple[httpx.Response, str], float]:
    started = time.monotonic()
    answer = await send()
    return answer, time.monotonic() - started


async def _send_until_stored(pair: OutageClients, socket: OutageSocket) -> str:
    """Send by socket until a message is stored; return its client id."""
    deadline = time.monotonic() + RECOVERY_S
    while time.monotonic() < deadline:
        client_id = await pair.send(socket)
        if (await socket.expect(_answers(client_id), RECOVERY_S))["type"] == "ok":
            return client_id
        await asyncio.sleep(0.1)
    raise TimeoutError


def _answers(client_id: str) -> Callable[[dict[str, Any]], bool]:
    return lambda frame: frame["type"] in ("ok", "error") and frame.get("client_id") == client_id


def _delivers(client_id: str) -> Callable[[dict[str, Any]], bool]:
    return lambda frame: frame["type"] == "event" and frame["data"].get("message", {}).get("client_id") == client_id


def _is_outage(answer: httpx.Response) -> bool:
    is_problem = answer.headers.get("Content-Type", "").startswith("application/problem+json")
    return (
        answer.status_code == 503
        and is_problem
        and "Retry-After" in answer.headers
        and answer.json()["code"] == "unavailable"
    )
