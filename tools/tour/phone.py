"""One person's phone: HTTP with a token, a socket, and a name to print."""

import json
import random
import uuid
from typing import Any

import httpx

from tools.tour.checks import Differs, expect, expect_that
from tools.tour.link import Frame, Link
from tools.tour.screen import Screen

Json = Any


class Phone:
    """A phone that prints what it does and sees."""

    def __init__(self, screen: Screen, base_url: str, *, name: str, locale: str, colour: str) -> None:
        self.screen, self.name, self.locale, self.colour = screen, name, locale, colour
        self.label = f"{name.split(' ', maxsplit=1)[0]}'s phone"
        self.user_id = ""
        self.push_token = f"tour-{uuid.uuid4().hex}"
        self.http = httpx.AsyncClient(
            base_url=base_url, timeout=15, headers={"Accept-Language": locale}, trust_env=False
        )
        self.link: Link | None = None
        self.last_seq = 0

    def say(self, text: str) -> None:
        """Print a line under this phone's name."""
        self.screen.line(self.label, self.colour, text)

    async def ask(self, method: str, path: str, body: Json = None, *, status: int = 200, **more: Any) -> Json:
        """One request to the API; its answer as JSON. Raises Differs for another status than expected."""
        response = await self.request(method, path, body, **more)
        if response.status_code != status:
            raise Differs(f"{self.label}: {method} {path}", status, _spelled(response))
        return response.json() if response.content else None

    async def request(self, method: str, path: str, body: Json = None, **more: Any) -> httpx.Response:
        """One request to the API, whatever comes of it."""
        if body is not None:
            more["content"] = body if isinstance(body, bytes) else json.dumps(body)
            more["headers"] = {"Content-Type": "application/json"} | more.get("headers", {})
        return await self.http.request(method, f"/api/v1{path}", **more)

    async def is_refused(self, what: str, refusal: str, method: str, path: str, body: Json = None, **more: Any) -> None:
        """Ask for what cannot be had: `refusal` is status and code of the problem that must come back."""
        response = await self.request(method, path, body, **more)
        expect(f"{self.label}: {what}: type", response.headers["content-type"], "application/problem+json")
        problem = response.json()
        found = [problem, *problem.get("errors", [])]
        answers = [f"{response.status_code} {entry['code']}" for entry in found]
        expect_that(f"{self.label}: {what}", refusal in answers, expected=refusal, actual=answers)
        detail = found[answers.index(refusal)]["detail"]
        is_thai = any("\u0e00" <= letter <= "\u0e7f" for letter in problem["detail"])
        expect(f"{self.label}: {what}: is “{detail}” in Thai", is_thai, self.locale == "th")
        self.say(f"{what} → {refusal}: {detail}")

    async def sign_in(self) -> None:
        """A new account with a telephone number nobody has."""
        phone = f"+668{random.randrange(10**7, 10**8)}"
        who = {"provider": "demo", "phone": phone, "name": self.name, "locale": self.locale}
        session = await self.ask("POST", "/auth/sign-in", who)
        expect(f"{self.label}: a new account", session["created"], True)
        self.user_id = session["user"]["id"]
        self.http.headers["Authorization"] = f"Bearer {session['token']}"
        self.say(f"signed in as {session['user']['display_name']}, {phone}, {self.locale}")

    async def open_socket(self) -> None:
        """Fetch a ticket, connect with it, and resume where this phone left off."""
        ticket = await self.ask("POST", "/realtime/tickets", status=201)
        self.link = await Link.open(self.label, ticket["url"], ticket["ticket"], self.last_seq)

    async def lose_socket(self) -> None:
        """The connection breaks; the phone remembers the last event it saw."""
        self.last_seq = self._link.last_seq
        await self._link.cut()
        self.link = None

    async def close(self) -> None:
        """Put the phone away."""
        if self.link:
            await self.link.close()
        await self.http.aclose()

    @property
    def _link(self) -> Link:
        if self.link is None:
            raise Differs(self.label, "an open socket", "none")
        return self.link

    async def hears(self, event: str, **data: object) -> Frame:
        """Wait for this event on the socket, with these values in its data."""
        return await self._link.wait_for(
            f"event {event} {data or ''}",
            lambda frame: frame.get("event") == event and data.items() <= frame["data"].items(),
        )

    async def sees(self, event: str, **data: object) -> Frame:
        """Wait for this event on the socket, and print it."""
        frame = await self.hears(event, **data)
        self.say(f"⟵ {event}, event {frame['seq']} {self._short(frame['data'])}")
        return frame

    def _short(self, data: Json) -> str:
        facts = data | data.get("message", {})
        words = [str(facts[name]) for name in ("title", "text", "reason", "at") if facts.get(name)]
        words += [f"{facts['net_kg']} kg"] if "net_kg" in facts else []
        return f"({', '.join(words)})" if words else ""

    async def has_read_of(self, event: str, **data: object) -> Json:
        """Look for the event in the log by HTTP, as a phone without a socket does; prints it."""
        log = await self.ask("GET", f"/events?since={self.last_seq}&wait=5")
        for entry in log["events"]:
            if entry["event"] == event and data.items() <= entry["data"].items():
                self.say(f"⟵ {event}, event {entry['seq']}, by polling {self._short(entry['data'])}")
                return entry
        raise Differs(f"{self.label}: event log", f"{event} {data}", [entry["event"] for entry in log["events"]])

    async def send_frame(self, frame: Frame) -> Frame:
        """Send a frame that is answered; returns the `ok`. Raises Differs on an `error`."""
        await self._link.send(frame)
        answer = await self._link.wait_for(
            f"answer to {frame['type']}",
            lambda found: found["type"] in ("ok", "error") and found.get("client_id") == frame.get("client_id"),
        )
        expect(f"{self.label}: answer to {frame['type']}", answer["type"], "ok")
        return answer

    async def send_frame_unanswered(self, frame: Frame) -> None:
        """Send a frame that has no answer unless it is refused."""
        await self._link.send(frame)


def _spelled(response: httpx.Response) -> str:
    """Status and body, with Thai as Thai."""
    try:
        body = json.dumps(response.json(), ensure_ascii=False)
    except ValueError:
        body = response.text
    return f"{response.status_code} {body[:600]}"
