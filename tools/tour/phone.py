"""A phone: HTTP with a token, one socket, and a name to print."""

import asyncio
import json
import random
import uuid
from collections.abc import Callable
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tools.tour.screen import Mismatch, Screen, expect, expect_that

Json = Any
Frame = dict[str, Any]
FRAME_TIMEOUT_S = 20.0


class Socket:
    """An open socket. It acknowledges each event and raises Mismatch when a number is missing."""

    def __init__(self, owner: str, connection: ClientConnection, since: int) -> None:
        self._owner, self._connection, self.last_seq = owner, connection, since
        self.frames: list[Frame] = []
        self._arrived = asyncio.Condition()
        self._mismatch: Mismatch | None = None
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, owner: str, url: str, ticket: str, since: int) -> "Socket":
        """Connect, wait for `hello`, and resume after event `since`."""
        connection = await connect(url, subprotocols=["tft.v1", f"ticket.{ticket}"], proxy=None)  # type: ignore[list-item]
        expect(f"{owner}: subprotocol of the socket", connection.subprotocol, "tft.v1")
        socket = cls(owner, connection, since)
        await socket.wait_for("hello", lambda frame: frame["type"] == "hello")
        await socket.send({"type": "resume", "since": since})
        return socket

    async def _read(self) -> None:
        try:
            async for text in self._connection:
                frame = json.loads(text)
                await self._acknowledge(frame)
                async with self._arrived:
                    self.frames.append(frame)
                    self._arrived.notify_all()
        except ConnectionClosed:
            return
        except Mismatch as mismatch:
            self._mismatch = mismatch

    async def _acknowledge(self, frame: Frame) -> None:
        if frame["type"] == "event":
            expect(f"{self._owner}: number of the next event", frame["seq"], self.last_seq + 1)
            self.last_seq = frame["seq"]
            await self.send({"type": "ack", "seq": frame["seq"]})

    async def send(self, frame: Frame) -> None:
        """Send one frame."""
        await self._connection.send(json.dumps(frame))

    async def wait_for(self, what: str, matches: Callable[[Frame], bool]) -> Frame:
        """Return and remove the first frame that matches. Raises Mismatch when none arrives in time."""
        deadline = asyncio.get_running_loop().time() + FRAME_TIMEOUT_S
        while True:
            for index, frame in enumerate(self.frames):
                if matches(frame):
                    return self.frames.pop(index)
            await self._wait_for_next(deadline, what)

    async def _wait_for_next(self, deadline: float, what: str) -> None:
        if self._mismatch:
            raise self._mismatch
        left = deadline - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(left), self._arrived:
                await self._arrived.wait()
        except TimeoutError:
            received = [frame.get("event", frame["type"]) for frame in self.frames]
            actual = f"nothing in {FRAME_TIMEOUT_S:.0f} s but {received}"
            raise Mismatch(f"{self._owner}: socket", what, actual) from None

    async def abort(self) -> None:
        """Break the connection without a closing handshake, as a lost network does."""
        self._connection.transport.abort()
        await self._reader

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()
        await self._reader


class Phone:
    """A phone that prints what it does and receives."""

    def __init__(self, screen: Screen, base_url: str, *, name: str, locale: str, colour: str) -> None:
        self.screen, self.name, self.locale, self.colour = screen, name, locale, colour
        self.label = f"{name.split(' ', maxsplit=1)[0]}'s phone"
        self.user_id = ""
        # The prefix lets `/demo/phone/sent` of `bin/run --phone` show what was pushed to this address.
        self.push_token = f"demo-phone-{uuid.uuid4().hex}"
        self.http = httpx.AsyncClient(
            base_url=base_url, timeout=15, headers={"Accept-Language": locale}, trust_env=False
        )
        self.socket: Socket | None = None
        self.last_seq = 0

    def print(self, text: str) -> None:
        """Print a line under this phone's name."""
        self.screen.line(self.label, self.colour, text)

    async def call(self, method: str, path: str, body: Json = None, *, status: int = 200, **more: Any) -> Json:
        """Send a request to the API; return the JSON. Raises Mismatch for another status."""
        response = await self.request(method, path, body, **more)
        if response.status_code != status:
            raise Mismatch(f"{self.label}: {method} {path}", status, _describe(response))
        return response.json() if response.content else None

    async def request(self, method: str, path: str, body: Json = None, **more: Any) -> httpx.Response:
        """Send a request to the API; return the response with any status."""
        if body is not None:
            more["content"] = body if isinstance(body, bytes) else json.dumps(body)
            more["headers"] = {"Content-Type": "application/json"} | more.get("headers", {})
        return await self.http.request(method, f"/api/v1{path}", **more)

    async def expect_refusal(
        self, what: str, refusal: str, method: str, path: str, body: Json = None, **more: Any
    ) -> None:
        """Send a request that must be refused; `refusal` is the status and code of the expected problem."""
        response = await self.request(method, path, body, **more)
        expect(f"{self.label}: {what}: type", response.headers["content-type"], "application/problem+json")
        problem = response.json()
        entries = [problem, *problem.get("errors", [])]
        refusals = [f"{response.status_code} {entry['code']}" for entry in entries]
        expect_that(f"{self.label}: {what}", refusal in refusals, expected=refusal, actual=refusals)
        detail = entries[refusals.index(refusal)]["detail"]
        is_thai = any("\u0e00" <= letter <= "\u0e7f" for letter in problem["detail"])
        expect(f"{self.label}: {what}: is “{detail}” in Thai", is_thai, self.locale == "th")
        self.print(f"{what} → {refusal}: {detail}")

    async def sign_in(self) -> None:
        """Create an account with a new phone number, and sign in."""
        number = f"+668{random.randrange(10**7, 10**8)}"
        who = {"provider": "demo", "phone": number, "name": self.name, "locale": self.locale}
        session = await self.call("POST", "/auth/sign-in", who)
        expect(f"{self.label}: a new account", session["created"], True)
        self.user_id = session["user"]["id"]
        self.http.headers["Authorization"] = f"Bearer {session['token']}"
        for consent in (await self.call("GET", "/me/consents"))["results"]:
            given = {"purpose": consent["purpose"], "version": consent["current_version"]}
            await self.call("POST", "/me/consents", given | {"is_given": True, "channel": "app"})
        self.print(f"signed in as {session['user']['display_name']}, {number}, {self.locale}")

    async def open_socket(self) -> None:
        """Request a ticket, connect with it, and resume after the last event received."""
        ticket = await self.call("POST", "/realtime/tickets", status=201)
        self.socket = await Socket.open(self.label, ticket["url"], ticket["ticket"], self.last_seq)

    async def lose_socket(self) -> None:
        """Break the connection; the phone keeps the number of the last event."""
        socket = self._open_socket
        self.last_seq = socket.last_seq
        await socket.abort()
        self.socket = None

    async def close(self) -> None:
        """Close the socket and the HTTP client."""
        if self.socket:
            await self.socket.close()
        await self.http.aclose()

    @property
    def _open_socket(self) -> Socket:
        if self.socket is None:
            raise Mismatch(self.label, "an open socket", "none")
        return self.socket

    async def wait_for_event(self, event: str, **data: object) -> Frame:
        """Wait for this event on the socket, with these values in its data."""
        return await self._open_socket.wait_for(
            f"event {event} {data or ''}",
            lambda frame: frame.get("event") == event and data.items() <= frame["data"].items(),
        )

    async def show_event(self, event: str, **data: object) -> Frame:
        """Wait for this event on the socket, and print it."""
        frame = await self.wait_for_event(event, **data)
        self.print(f"⟵ {event}, event {frame['seq']} {self._summary(frame['data'])}")
        return frame

    def _summary(self, data: Json) -> str:
        facts = data | data.get("message", {})
        words = [str(facts[name]) for name in ("title", "text", "reason", "at") if facts.get(name)]
        words += [f"{facts['net_kg']} kg"] if "net_kg" in facts else []
        return f"({', '.join(words)})" if words else ""

    async def poll_event(self, event: str, **data: object) -> Json:
        """Find the event in the log over HTTP, as a phone without a socket does, and print it."""
        log = await self.call("GET", f"/events?since={self.last_seq}&wait=5")
        for entry in log["events"]:
            if entry["event"] == event and data.items() <= entry["data"].items():
                self.print(f"⟵ {event}, event {entry['seq']}, by polling {self._summary(entry['data'])}")
                return entry
        raise Mismatch(f"{self.label}: event log", f"{event} {data}", [entry["event"] for entry in log["events"]])

    async def send_frame(self, frame: Frame) -> Frame:
        """Send a frame and return the `ok`. Raises Mismatch on an `error`."""
        await self._open_socket.send(frame)
        answer = await self._open_socket.wait_for(
            f"answer to {frame['type']}",
            lambda found: found["type"] in ("ok", "error") and found.get("client_id") == frame.get("client_id"),
        )
        expect(f"{self.label}: answer to {frame['type']}", answer["type"], "ok")
        return answer

    async def send_frame_without_answer(self, frame: Frame) -> None:
        """Send a frame that is answered only when it is refused."""
        await self._open_socket.send(frame)


def _describe(response: httpx.Response) -> str:
    """Return status and body, with readable Thai."""
    try:
        body = json.dumps(response.json(), ensure_ascii=False)
    except ValueError:
        body = response.text
    return f"{response.status_code} {body[:600]}"
