"""One bot's connection to the service: HTTP with a session, and a socket that yields events."""

import asyncio
import json
import math
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

Json = Any
INSTALLATION = "live-city"
# A socket without a heartbeat for so long is dead.
SILENCE_S = 60
RETRY_AFTER_MAX_S = 90
REPLAYED = 20


class Refused(Exception):
    """The service refused a request; `code` is that of the problem."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


@dataclass(frozen=True)
class Identity:
    """Who signs in: a phone number of the demo city, and what a new account is called."""

    phone: str
    name: str
    shown_name: str
    locale: str


class Account:
    """A signed-in user. Requests raise Refused, or httpx.HTTPError when there is no answer."""

    def __init__(self, http: httpx.AsyncClient, identity: Identity) -> None:
        self._http, self.identity = http, identity
        self._headers = {"Accept-Language": identity.locale}
        self.user_id = ""
        self._said: set[uuid.UUID] = set()

    async def sign_in(self) -> None:
        """Sign in, which ends the session of an earlier run, and take the name that says what this user is."""
        who = self.identity
        body = {"provider": "demo", "phone": who.phone, "name": who.name, "locale": who.locale}
        signed_in = await self.call("POST", "/auth/sign-in", body | {"installation": INSTALLATION})
        self.user_id = signed_in["user"]["id"]
        self._headers["Authorization"] = f"Bearer {signed_in['token']}"
        await self.call("PATCH", "/me", {"first_name": who.shown_name})
        for consent in (await self.call("GET", "/me/consents"))["results"]:
            given = {"purpose": consent["purpose"], "version": consent["current_version"]}
            await self.call("POST", "/me/consents", given | {"is_given": True, "channel": "app"})

    async def call(self, method: str, path: str, body: Json = None, **more: Any) -> Json:
        """Send a request to the API; return the JSON. Waits out a rate limit once."""
        response = await self._send(method, path, body, more)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            await asyncio.sleep(min(RETRY_AFTER_MAX_S, math.ceil(float(response.headers.get("Retry-After", 1)))))
            response = await self._send(method, path, body, more)
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            response.raise_for_status()
        if response.is_error:
            raise Refused(response.status_code, response.json().get("code", ""))
        return response.json() if response.content else None

    async def _send(self, method: str, path: str, body: Json, more: dict[str, Any]) -> httpx.Response:
        if body is not None:
            more = more | {"json": body}
        return await self._http.request(method, f"/api/v1{path}", headers=self._headers, **more)

    async def say(self, conversation: str, kind: str, content: Json, *, once_for: str) -> None:
        """Send a message. The same `once_for` in a conversation is sent once, also by a later run."""
        client_id = uuid.uuid5(uuid.UUID(conversation), f"{self.user_id} {once_for}")
        if client_id in self._said:
            return
        body = {"client_id": str(client_id), "kind": kind, kind: content}
        await self.call("POST", f"/conversations/{conversation}/messages", body)
        self._said.add(client_id)

    @asynccontextmanager
    async def open_socket(self) -> AsyncIterator["EventStream"]:
        """Connect; the newest events, and those that follow, can be read."""
        ticket = await self.call("POST", "/realtime/tickets")
        protocols = [cast(Subprotocol, name) for name in ("tft.v1", f"ticket.{ticket['ticket']}")]
        async with connect(ticket["url"], subprotocols=protocols, proxy=None, ping_interval=None) as socket:
            stream = EventStream(socket)
            await stream.start()
            yield stream


class EventStream:
    """The events of one socket. Raises TimeoutError when even the heartbeats stay away."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def start(self) -> None:
        """Wait for `hello`, and ask for the newest events again: a bot may have missed them, and acts once on each."""
        hello = await self._receive()
        await self._socket.send(json.dumps({"type": "resume", "since": max(0, hello["head"] - REPLAYED)}))

    async def events(self) -> AsyncIterator[Json]:
        """Yield event frames and acknowledge each."""
        while True:
            frame = await self._receive()
            if frame["type"] == "event":
                yield frame
                await self._socket.send(json.dumps({"type": "ack", "seq": frame["seq"]}))

    async def _receive(self) -> Json:
        async with asyncio.timeout(SILENCE_S):
            return json.loads(await self._socket.recv())
