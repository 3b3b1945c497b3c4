"""Clients as docs/asyncapi.yaml and docs/openapi.yaml tell how to write them; they insist until they are answered."""

import asyncio
import json
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tools.chaos.ledger import Ledger, Message
from tools.chaos.screen import Screen

ANSWER_S = 3.0
PAUSE_S = (0.3, 0.7)
AGAIN_S = (0.05, 0.4)
ACK_S = 0.3
LOST = (OSError, TimeoutError, WebSocketException)


@dataclass(frozen=True)
class Person:
    """Somebody with a session; `partner` is whom he writes to."""

    id: str
    token: str
    partner: str
    conversation: str


@dataclass
class Addresses:
    """Where the servers are."""

    web: str
    realtime: str


class Phone(Protocol):
    """An app of one person."""

    screen: Screen

    async def run(self) -> None:
        """Receive, for ever."""

    async def send(self, message: Message) -> bool:
        """Try once to send it; whether it is answered."""


class Http:
    """The calls that phones make; False or None when there was no good answer."""

    def __init__(self, client: httpx.AsyncClient, addresses: Addresses) -> None:
        self._client, self._web = client, addresses.web

    async def ask(self, person: Person, method: str, path: str, patience_s: float, **body: Any) -> Any:
        """The answer's JSON; None after any failure."""
        headers = {"Authorization": f"Bearer {person.token}"}
        try:
            answer = await self._client.request(
                method, f"{self._web}/api/v1{path}", headers=headers, json=body or None, timeout=patience_s
            )
        except httpx.HTTPError:
            return None
        if answer.status_code >= 500 or answer.status_code == 429:
            return None
        answer.raise_for_status()
        return answer.json() if answer.content else {}


class SocketPhone:
    """Sends and receives by socket. Resumes where it was."""

    def __init__(self, person: Person, screen: Screen, http: Http, addresses: Addresses) -> None:
        self._person, self.screen, self._http, self._addresses = person, screen, http, addresses
        self._socket: ClientConnection | None = None
        self._answers: dict[str, asyncio.Future[bool]] = {}

    async def run(self) -> None:
        """Open the socket, again and again, with jitter."""
        while True:
            with suppress(*LOST):
                await self._serve_one()
            self._socket = None
            self._give_up_waiting()
            await asyncio.sleep(random.uniform(*AGAIN_S))

    def _give_up_waiting(self) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result(False)

    async def _serve_one(self) -> None:
        ticket = await self._http.ask(self._person, "POST", "/realtime/tickets", ANSWER_S)
        if ticket is None:
            return
        protocols: Any = ["tft.v1", f"ticket.{ticket['ticket']}"]
        opening = connect(
            self._addresses.realtime, subprotocols=protocols, compression=None, proxy=None, open_timeout=ANSWER_S
        )
        async with opening as socket:
            await socket.recv()
            await socket.send(json.dumps({"type": "resume", "since": self.screen.since}))
            self._socket = socket
            acks = asyncio.create_task(self._acknowledge(socket))
            try:
                async for text in socket:
                    await self._hear(socket, json.loads(text))
            finally:
                acks.cancel()

    async def _acknowledge(self, socket: ClientConnection) -> None:
        told = 0
        with suppress(*LOST):
            while True:
                await asyncio.sleep(ACK_S)
                if self.screen.since > told:
                    told = self.screen.since
                    await socket.send(json.dumps({"type": "ack", "seq": told}))

    async def _hear(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        if frame["type"] == "event":
            self.screen.take(frame)
        elif frame["type"] == "reset":
            self.screen.resets += 1
            await socket.send(json.dumps({"type": "resume", "since": frame["head"]}))
        elif frame["type"] in ("ok", "error"):
            answer = self._answers.get(frame.get("client_id", ""))
            if answer is not None and not answer.done():
                answer.set_result(frame["type"] == "ok")

    async def send(self, message: Message) -> bool:
        """Try once."""
        socket = self._socket
        if socket is None:
            return False
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._answers[message.client_id] = answer
        frame = {"conversation": message.conversation, "client_id": message.client_id, "text": str(message.number)}
        try:
            async with asyncio.timeout(ANSWER_S):
                await socket.send(json.dumps({"type": "message.send", **frame}))
                return await answer
        except LOST:
            return False
        finally:
            del self._answers[message.client_id]


class HttpPhone:
    """Sends by POST and receives by long poll, as an app behind a network that lets no socket through."""

    def __init__(self, person: Person, screen: Screen, http: Http) -> None:
        self._person, self.screen, self._http = person, screen, http

    async def run(self) -> None:
        """Ask for what is new, for ever."""
        while True:
            since = self.screen.since
            found = await self._http.ask(self._person, "GET", f"/events?since={since}&wait=2", 2 + ANSWER_S)
            if found is None:
                await asyncio.sleep(random.uniform(*AGAIN_S))
                continue
            if found["reset"]:
                self.screen.resets += 1
                self.screen.since = found["head"]
            for event in found["events"]:
                self.screen.take(event)
            if self.screen.since > since:
                await self._http.ask(self._person, "POST", "/events/ack", ANSWER_S, seq=self.screen.since)
            else:
                await asyncio.sleep(AGAIN_S[0])

    async def send(self, message: Message) -> bool:
        """Try once."""
        path = f"/conversations/{message.conversation}/messages"
        body = {"client_id": message.client_id, "kind": "text", "text": str(message.number)}
        return await self._http.ask(self._person, "POST", path, ANSWER_S, **body) is not None


class Writer:
    """Somebody who writes one message after the other while he may, each until it is answered."""

    def __init__(self, person: Person, phone: Phone, ledger: Ledger) -> None:
        self._person, self._phone, self._ledger = person, phone, ledger
        self.may_write = asyncio.Event()
        self.is_idle = asyncio.Event()

    async def run(self) -> None:
        """Write for ever."""
        while True:
            self.is_idle.set()
            await self.may_write.wait()
            await asyncio.sleep(random.uniform(*PAUSE_S))
            if not self.may_write.is_set():
                continue
            self.is_idle.clear()
            await self._insist(self._ledger.write(self._person.id, self._person.partner, self._person.conversation))

    async def _insist(self, message: Message) -> None:
        while not await self._phone.send(message):  # noqa: ASYNC110 - a client that tries again
            await asyncio.sleep(random.uniform(*AGAIN_S))
        message.acknowledged_at = time.monotonic()
