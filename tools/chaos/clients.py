"""The clients: pairs of people who chat by socket, by HTTP, or with a closed app, and retry until acknowledged.

They behave as docs/asyncapi.yaml and docs/openapi.yaml describe. The same pairs exist for the stock consumer.
"""

import asyncio
import json
import random
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx
from django.db import connection
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from backend.accounts.models import Session, User
from chat.services.conversations import open_conversation
from notifications.models import Device
from tools.chaos.ledger import Ledger, Message, Screen
from tools.chaos.servers import Addresses

TIMEOUT_S = 3.0
PAUSE_S = (0.3, 0.7)
RETRY_S = (0.05, 0.4)
ACK_S = 0.3
CONNECTION_ERRORS = (OSError, TimeoutError, WebSocketException)
# How the two of a pair are connected: by socket, by HTTP alone, or "away" with a closed app that gets pushes.
PAIRS = [("socket", "socket")] * 10 + [("socket", "http")] * 7 + [("socket", "away")] * 4 + [("http", "away")] * 3
STOCK_PAIRS = [("stock", "stock")] * len(PAIRS)


@dataclass(frozen=True)
class Person:
    """A user with a session; `partner` is the user they write to."""

    id: str
    token: str
    partner: str
    conversation: str


class Phone(Protocol):
    """The app of one person."""

    screen: Screen

    async def run(self) -> None:
        """Receive until cancelled."""

    async def send(self, message: Message) -> bool:
        """Try once to send it; return whether it was acknowledged."""


class Http:
    """The requests of phones."""

    def __init__(self, client: httpx.AsyncClient, addresses: Addresses) -> None:
        self._client, self._web = client, addresses.web

    async def call(self, person: Person, method: str, path: str, timeout_s: float, **body: Any) -> Any:
        """Return the JSON of the response, or None after an outage."""
        headers = {"Authorization": f"Bearer {person.token}"}
        try:
            answer = await self._client.request(
                method, f"{self._web}/api/v1{path}", headers=headers, json=body or None, timeout=timeout_s
            )
        except httpx.HTTPError:
            return None
        if answer.status_code >= 500 or answer.status_code == 429:
            return None
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    async def history(self, person: Person) -> list[dict[str, Any]]:
        """Return all messages of the conversation, which an app loads after a reset. Tries until it has them."""
        found: list[dict[str, Any]] = []
        path = f"/conversations/{person.conversation}/messages?limit=100"
        while True:
            page = await self.call(person, "GET", f"{path}&after={found[-1]['seq'] if found else 0}", TIMEOUT_S)
            if page is None:
                await asyncio.sleep(random.uniform(*RETRY_S))
                continue
            found += page["results"]
            if page["next"] is None:
                return found


class SocketPhone:
    """Sends and receives by socket, and resumes after the last event."""

    def __init__(
        self,
        person: Person,
        screen: Screen,
        http: Http,
        addresses: Addresses,
        retry_s: tuple[float, float] = RETRY_S,
    ) -> None:
        self._person, self.screen, self._http, self._addresses = person, screen, http, addresses
        self._retry_s = retry_s
        self._socket: ClientConnection | None = None
        self._answers: dict[str, asyncio.Future[bool]] = {}

    @property
    def is_open(self) -> bool:
        """Whether it has resumed, and receives what comes."""
        return self._socket is not None

    async def run(self) -> None:
        """Open the socket, and open it again with jitter whenever it closes."""
        while True:
            with suppress(*CONNECTION_ERRORS):
                await self._serve_one()
            self._socket = None
            self._fail_waiting_sends()
            await asyncio.sleep(random.uniform(*self._retry_s))

    def _fail_waiting_sends(self) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result(False)

    async def _serve_one(self) -> None:
        ticket = await self._http.call(self._person, "POST", "/realtime/tickets", TIMEOUT_S)
        if ticket is None:
            return
        protocols: Any = ["tft.v1", f"ticket.{ticket['ticket']}"]
        opening = connect(
            self._addresses.realtime,
            subprotocols=protocols,
            compression=None,
            proxy=None,
            open_timeout=TIMEOUT_S,
        )
        async with opening as socket:
            hello = json.loads(await socket.recv())
            self.screen.epoch = self.screen.epoch or hello["epoch"]
            await socket.send(json.dumps({"type": "resume", "since": self.screen.since, "epoch": self.screen.epoch}))
            self._socket = socket
            acks = asyncio.create_task(self._acknowledge(socket))
            try:
                async for text in socket:
                    await self._handle(socket, json.loads(text))
            finally:
                acks.cancel()

    async def _acknowledge(self, socket: ClientConnection) -> None:
        acknowledged = 0
        with suppress(*CONNECTION_ERRORS):
            while True:
                await asyncio.sleep(ACK_S)
                if self.screen.since > acknowledged:
                    acknowledged = self.screen.since
                    await socket.send(json.dumps({"type": "ack", "seq": acknowledged}))

    async def _handle(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        if frame["type"] == "event":
            self.screen.take(frame)
        elif frame["type"] == "reset":
            self.screen.reload(await self._http.history(self._person), frame["head"], frame["epoch"])
            await socket.send(json.dumps({"type": "resume", "since": frame["head"], "epoch": frame["epoch"]}))
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
            async with asyncio.timeout(TIMEOUT_S):
                await socket.send(json.dumps({"type": "message.send", **frame}))
                return await answer
        except CONNECTION_ERRORS:
            return False
        finally:
            del self._answers[message.client_id]


class HttpPhone:
    """Sends by POST and receives by long poll, as an app does in a network that blocks sockets."""

    def __init__(self, person: Person, screen: Screen, http: Http) -> None:
        self._person, self.screen, self._http = person, screen, http

    async def run(self) -> None:
        """Poll for new events until cancelled."""
        while True:
            since = self.screen.since
            path = f"/events?since={since}&epoch={self.screen.epoch}&wait=2"
            found = await self._http.call(self._person, "GET", path, 2 + TIMEOUT_S)
            if found is None:
                await asyncio.sleep(random.uniform(*RETRY_S))
                continue
            if found["reset"]:
                self.screen.reload(await self._http.history(self._person), found["head"], found["epoch"])
            self.screen.epoch = found["epoch"]
            for event in found["events"]:
                self.screen.take(event)
            if self.screen.since > since:
                await self._http.call(self._person, "POST", "/events/ack", TIMEOUT_S, seq=self.screen.since)
            else:
                await asyncio.sleep(RETRY_S[0])

    async def send(self, message: Message) -> bool:
        """Try once."""
        path = f"/conversations/{message.conversation}/messages"
        body = {"client_id": message.client_id, "kind": "text", "text": str(message.number)}
        return await self._http.call(self._person, "POST", path, TIMEOUT_S, **body) is not None


class StockPhone:
    """A client of the stock consumer. The message that comes back from the room is its acknowledgement."""

    def __init__(self, person: Person, screen: Screen, ledger: Ledger, realtime: str) -> None:
        self._person, self.screen, self._ledger = person, screen, ledger
        self._address = f"{realtime}{person.conversation}/"
        self._socket: ClientConnection | None = None
        self._answers: dict[str, asyncio.Future[bool]] = {}
        self._known: set[int] = set()

    async def run(self) -> None:
        """Open the socket, and open it again with jitter whenever it closes."""
        while True:
            with suppress(*CONNECTION_ERRORS):
                async with connect(self._address, compression=None, proxy=None, open_timeout=TIMEOUT_S) as socket:
                    self._socket = socket
                    async for text in socket:
                        self._handle(**json.loads(text))
            self._socket = None
            await asyncio.sleep(random.uniform(*RETRY_S))

    def _handle(self, client_id: str, number: int) -> None:
        self._ledger.record_delivery(self._person.id, client_id)
        if number not in self._known:
            self._known.add(number)
            self.screen.show(client_id, number)
        answer = self._answers.get(client_id)
        if answer is not None and not answer.done():
            answer.set_result(True)

    async def send(self, message: Message) -> bool:
        """Try once."""
        socket = self._socket
        if socket is None:
            return False
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._answers[message.client_id] = answer
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await socket.send(json.dumps({"client_id": message.client_id}))
                return await answer
        except CONNECTION_ERRORS:
            # A socket can be open without its group, which is lost when Redis restarts.
            socket.transport.abort()
            return False
        finally:
            del self._answers[message.client_id]


class Writer:
    """Writes one message after the other while `may_write` is set, each until it is acknowledged."""

    def __init__(self, person: Person, phone: Phone, ledger: Ledger) -> None:
        self._person, self._phone, self._ledger = person, phone, ledger
        self.may_write = asyncio.Event()
        self.is_idle = asyncio.Event()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            self.is_idle.set()
            await self.may_write.wait()
            await asyncio.sleep(random.uniform(*PAUSE_S))
            if not self.may_write.is_set():
                continue
            self.is_idle.clear()
            await self._send_until_acknowledged(
                self._ledger.record_message(self._person.id, self._person.partner, self._person.conversation)
            )

    async def _send_until_acknowledged(self, message: Message) -> None:
        while not await self._phone.send(message):  # noqa: ASYNC110 - retries
            await asyncio.sleep(random.uniform(*RETRY_S))
        message.acknowledged_at = time.monotonic()


MakePhone = Callable[[str, Person, Screen], Phone]


class Clients:
    """All phones and writers of a run. `closed` are the phones of people who are away and write nothing."""

    def __init__(self, people: Sequence[tuple[str, Person]], ledger: Ledger, make_phone: MakePhone) -> None:
        self.screens: list[Screen] = []
        self.phones: list[Phone] = []
        self.writers: list[Writer] = []
        self.closed: list[Phone] = []
        for hold, person in people:
            phone = make_phone(hold, person, Screen(person.id, ledger))
            if hold == "away":
                ledger.away.add(person.id)
                self.closed.append(phone)
                continue
            self.phones.append(phone)
            self.screens.append(phone.screen)
            self.writers.append(Writer(person, phone, ledger))


def make_service_clients(ledger: Ledger, client: httpx.AsyncClient, addresses: Addresses) -> Clients:
    """Create people with sessions and conversations, and their phones."""
    http = Http(client, addresses)

    def make_phone(hold: str, person: Person, screen: Screen) -> Phone:
        return HttpPhone(person, screen, http) if hold == "http" else SocketPhone(person, screen, http, addresses)

    people = [pair for holds in PAIRS for pair in zip(holds, create_pair(holds), strict=True)]
    connection.close()
    return Clients(people, ledger, make_phone)


def make_pair() -> tuple[Person, Person]:
    """Create two more people with a conversation."""
    one, other = create_pair(("socket", "socket"))
    connection.close()
    return one, other


def create_pair(holds: Sequence[str]) -> list[Person]:
    now = datetime.now(UTC)
    users = [User.objects.create(phone=f"+{uuid.uuid4().int % 10**14}", display_name="Chaos") for _ in holds]
    conversation = open_conversation(user_ids=[user.pk for user in users], title="Cardboard", now=now)
    people = []
    for hold, user, other in zip(holds, users, reversed(users), strict=True):
        _, token = Session.objects.issue(user=user, installation="phone", device_name="", now=now)
        if hold == "away":
            phone = {"platform": "android", "locale": "th", "created_at": now, "last_seen_at": now}
            Device.objects.create(user=user, value=str(user.pk), installation="phone", **phone)
        people.append(Person(str(user.pk), token, str(other.pk), str(conversation.pk)))
    return people


def make_stock_clients(ledger: Ledger, addresses: Addresses) -> Clients:
    """Create as many clients in rooms of the stock consumer."""

    def make_phone(hold: str, person: Person, screen: Screen) -> Phone:
        return StockPhone(person, screen, ledger, addresses.realtime)

    people = []
    for number in range(len(STOCK_PAIRS)):
        one, other = f"{number}a", f"{number}b"
        people += [Person(one, "", other, f"{number}"), Person(other, "", one, f"{number}")]
    return Clients([("stock", person) for person in people], ledger, make_phone)
