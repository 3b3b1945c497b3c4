"""The operations that `bin/bench api` measures: every read of the schema, and the ten most frequent writes."""

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from tools.bench.account import PLACE, Account, circle_body, device_body, pickup_body
from tools.bench.load import request_bytes
from tools.bench.people import Person

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
# Documents and whole accounts take as long as they need; photos are files.
ASIDE = (".pdf", "/me/export")
PHOTOS = "/photo/"
BASE = "/api/v1"


@dataclass(frozen=True)
class Request:
    """One request of a person."""

    person: Person
    method: str
    path: str
    body: Any = None

    def run(self) -> None:
        """Send it in this process. Raises RuntimeError when it is refused."""
        self.person.send(self.method, self.path, self.body)

    def as_bytes(self) -> bytes:
        """Return it ready to be sent to a server."""
        body = b"" if self.body is None else json.dumps(self.body).encode()
        return request_bytes(self.method, BASE + self.path, self.person.token, body)


@dataclass(frozen=True)
class Operation:
    """An operation, and the requests to measure it with. Those that can be sent only once are `single_use`."""

    name: str
    requests: Sequence[Request]
    is_public: bool = False
    single_use: bool = False

    @property
    def is_read(self) -> bool:
        """Whether it is a GET."""
        return self.name.startswith("GET ")

    @property
    def is_aside(self) -> bool:
        """Whether it is measured without a target."""
        return self.name.endswith(ASIDE)

    def streams(self, connections: int) -> list[Iterator[bytes]]:
        """Return the requests of each connection."""
        ready = [request.as_bytes() for request in self.requests]
        if self.single_use:
            return [iter(ready[number::connections]) for number in range(connections)]
        return [cycle(ready) for _ in range(connections)]


def reads(account: Account) -> Iterator[Operation]:
    """Return each GET operation of the schema except photos, with paths filled from what this person has."""
    for path, operations in _paths().items():
        if "get" in operations and PHOTOS not in path:
            operation = operations["get"]
            name = operation["operationId"]
            ids = {**account.ids, **account.ids_of_operations.get(name, {})}
            query = _query_of(name, account)
            request = Request(account.person, "GET", path.removeprefix(BASE).format(**ids) + query)
            yield Operation(f"GET {path.removeprefix(BASE)}", [request], is_public="security" not in operation)


@cache
def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = yaml.load(SCHEMA.read_text(encoding="utf-8"), yaml.CSafeLoader)["paths"]
    return paths


def _query_of(operation: str, account: Account) -> str:
    """Return the query string that a phone sends."""
    queries: dict[str, dict[str, object]] = {
        "get_deck": PLACE | {"radius_m": 10_000, "materials": "pet_clear,cardboard"},
        "events_list": {"since": max(0, account.head - 20)},
    }
    return f"?{urlencode(queries[operation])}" if operation in queries else ""


def writes(account: Account, *, open_pickups: Sequence[str], likers: Sequence[Person], count: int) -> list[Operation]:
    """Return the ten most frequent writes; `open_pickups` go to the first of the `likers` who likes them."""
    me, conversation = account.person, f"/conversations/{account.ids['conversation_id']}"
    passed, liked = open_pickups[:count], open_pickups[count : 2 * count]

    def many(method: str, path: str, body: Callable[[], Any]) -> list[Request]:
        return [Request(me, method, path, body()) for _ in range(count)]

    def one(method: str, path: str, body: Any = None) -> list[Request]:
        return [Request(me, method, path, body)]

    return [
        _single_use("PUT /pickups/{pickup_id}/swipe: pass", _swipes("pass", passed, [me])),
        _single_use("PUT /pickups/{pickup_id}/swipe: match", _swipes("like", liked, likers)),
        _single_use("POST /conversations/{conversation_id}/messages", many("POST", f"{conversation}/messages", _text)),
        _single_use("POST /pickups", many("POST", "/pickups", lambda: pickup_body("resident"))),
        Operation("PUT /conversations/{conversation_id}/read", one("PUT", f"{conversation}/read", {"seq": 1})),
        Operation("POST /events/ack", one("POST", "/events/ack", {"seq": account.head})),
        Operation("POST /events/read", one("POST", "/events/read", {"up_to": account.head})),
        Operation("POST /realtime/tickets", one("POST", "/realtime/tickets")),
        Operation("POST /devices", one("POST", "/devices", device_body("again"))),
        Operation("PUT /me/collector", one("PUT", "/me/collector", circle_body())),
    ]


def _single_use(name: str, requests: Sequence[Request]) -> Operation:
    return Operation(name, requests, single_use=True)


def _swipes(direction: str, pickups: Sequence[str], people: Iterable[Person]) -> list[Request]:
    turns = zip(pickups, islice(cycle(people), len(pickups)), strict=True)
    return [Request(person, "PUT", f"/pickups/{pickup}/swipe", {"direction": direction}) for pickup, person in turns]


def _text() -> dict[str, str]:
    return {"client_id": str(uuid.uuid4()), "text": "I am at the gate. Is it the green house?"}
