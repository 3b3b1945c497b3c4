"""The operations that `bin/bench api` measures, and the person with many rows of everything who sends them."""

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from geo.models import WeeklySum
from tools.bench.load import request_bytes
from tools.bench.people import Person, open_session, sign_up

PLACE: dict[str, object] = {"lat": 13.7307, "lon": 100.5418}
MATERIAL = "pet_clear"
SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
# Measured without a target: PDF documents and the export of an account. Photos are files.
ASIDE = (".pdf", "/me/export")
PHOTOS = ("/large", "/thumb", "/exports/file")
BASE = "/api/v1"


@dataclass(frozen=True)
class Account:
    """The person, and the ids to fill paths with: by parameter, or for one operation by its id."""

    person: Person
    ids: Mapping[str, str]
    ids_of_operations: Mapping[str, Mapping[str, str]]
    head: int


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
        if "get" in operations and not path.endswith(PHOTOS):
            operation = operations["get"]
            name = operation["operationId"]
            ids = {**account.ids, **account.ids_of_operations.get(name, {})}
            query = _query_of(name, account)
            request = Request(account.person, "GET", path.removeprefix(BASE).format(**ids) + query)
            yield Operation(f"GET {path.removeprefix(BASE)}", [request], is_public=not operation.get("security"))


@cache
def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = yaml.load(SCHEMA.read_text(encoding="utf-8"), yaml.CSafeLoader)["paths"]
    return paths


def _query_of(operation: str, account: Account) -> str:
    """Return the query string that a phone sends."""
    queries: dict[str, dict[str, object]] = {
        "get_square": PLACE,
        "list_drop_off_points": PLACE,
        "get_deck": PLACE | {"radius_m": 10_000, "materials": "pet_clear,cardboard"},
        "events_list": {"since": max(0, account.head - 20)},
    }
    return f"?{urlencode(queries[operation])}" if operation in queries else ""


def publish_page() -> str:
    """Publish weekly sums for the open feed; return the address of its first page, of 100."""
    weeks = [date(2025, 1, 6) + timedelta(weeks=number) for number in range(100)]
    square: dict[str, Any] = {"part": "square", "side_m": 1_000, "west_m": 11_192_000, "south_m": 1_543_000}
    figures = {"kg": Decimal("12.5"), "kg_co2e": Decimal("12.888"), "factor_set": "less", "receipts": 7}
    rows = [WeeklySum(week=week, stream="plastic", **square, **figures) for week in weeks]
    WeeklySum.objects.bulk_create(rows, ignore_conflicts=True)
    return "/ogc/collections/collections-by-week/items"


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


def make_account(rows: int) -> Account:
    """Create a resident and collector with `rows` matches, conversations, pickups, likes, groups, devices and blocks.

    The matches are in turn completed and agreed on, and the person is in turn their collector and their resident.
    """
    me, neighbours = _new_collector(), [_new_collector() for _ in range(rows)]
    matches = [_meet(me, neighbour, number) for number, neighbour in enumerate(neighbours)]
    pickups = [_post_pickup(me, choose="resident") for _ in range(rows - rows // 2)]
    _like_all(pickups[0], neighbours)
    swiped = [_post_pickup(neighbour, choose="resident") for neighbour in neighbours]
    for pickup in swiped:
        _swipe(me, pickup)
    groups = _found_groups(me, neighbours)
    blocked = _block_strangers(me, rows)
    _register_devices(me, rows)
    me.send("POST", "/me/exports")
    me.send("PUT", "/me/email", {"address": f"measured-{rows}@example.com"})
    messages = _exchange_messages(matches[0]["conversation"], me, neighbours[0], rows)
    ids = {
        "match_id": matches[0]["id"],
        "conversation_id": matches[0]["conversation"],
        "message_id": messages[0],
        "receipt_id": me.send("GET", f"/matches/{matches[0]['id']}")["receipt"]["id"],
        "pickup_id": pickups[0],
        "group_id": groups[0],
        "user_id": blocked[0],
    }
    special = {"get_calendar": {"match_id": matches[2]["id"]}, "get_swipe": {"pickup_id": swiped[0]}}
    return Account(me, ids, special, me.send("GET", "/events")["head"])


def pickup_body(choose: str) -> dict[str, Any]:
    """Return the body of `POST /pickups`, for a window that begins in an hour."""
    now = datetime.now(UTC)
    window = {"from": (now + timedelta(hours=1)).isoformat(), "until": (now + timedelta(hours=5)).isoformat()}
    items = [{"material": MATERIAL, "quantity": 3}, {"material": "cardboard", "quantity": 2}]
    place = {"location": PLACE, "area": "Lumphini", "address": "99/1 Rama IV Road"}
    return {"title": "Bottles", "items": items, "window": window, "choose": choose} | place


def circle_body() -> dict[str, Any]:
    """Return the body of `PUT /me/collector`: who collects everything around `PLACE`."""
    return {"service_point": PLACE, "radius_m": 5_000, "materials": []}


def _new_collector() -> Person:
    person = sign_up("Measured")
    person.send("PUT", "/me/collector", circle_body())
    return person


def _post_pickup(resident: Person, *, choose: str) -> str:
    return str(resident.send("POST", "/pickups", pickup_body(choose))["id"])


def _swipe(collector: Person, pickup: str) -> Any:
    return collector.send("PUT", f"/pickups/{pickup}/swipe", {"direction": "like"})


def _meet(me: Person, neighbour: Person, number: int) -> Any:
    """Match the two, exchange a message, and hand over or agree on a time."""
    resident, collector = (neighbour, me) if number % 2 == 0 else (me, neighbour)
    match = _swipe(collector, _post_pickup(resident, choose="first"))["match"]
    _send_message(resident, match["conversation"])
    if number % 4 < 2:
        _hand_over(resident, collector, match["id"])
    else:
        at = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
        collector.send("POST", f"/matches/{match['id']}/handover/propose", {"at": at})
        resident.send("POST", f"/matches/{match['id']}/handover/agree", {"at": at})
    return match


def _hand_over(resident: Person, collector: Person, match: str) -> None:
    lines = [{"material": MATERIAL, "gross_kg": 3}, {"material": "cardboard", "gross_kg": 2}]
    collector.send("POST", f"/matches/{match}/handover/weigh-in", {"lines": lines, "paid": 0})
    code = resident.send("GET", f"/matches/{match}")["handover"]["code"]
    collector.send("POST", f"/matches/{match}/handover/confirm", {"code": code})
    for person in (resident, collector):
        person.send("POST", f"/matches/{match}/rating", {"stars": 5})


def _send_message(sender: Person, conversation: str) -> str:
    body = {"client_id": str(uuid.uuid4()), "text": "I am at the gate. Is it the green house?"}
    return str(sender.send("POST", f"/conversations/{conversation}/messages", body)["id"])


def _exchange_messages(conversation: str, me: Person, other: Person, rows: int) -> list[str]:
    return [_send_message(other if number % 2 else me, conversation) for number in range(rows)]


def _like_all(pickup: str, collectors: Sequence[Person]) -> None:
    for collector in collectors:
        _swipe(collector, pickup)


def _found_groups(me: Person, neighbours: Sequence[Person]) -> list[str]:
    """Found a group for each neighbour; all of them are members of the first."""
    groups = [me.send("POST", "/groups", {"name": "Our house", "kind": "building"}) for _ in neighbours]
    for neighbour in neighbours:
        neighbour.send("POST", "/groups/join", {"code": groups[0]["code"]})
    return [str(group["id"]) for group in groups]


def _block_strangers(me: Person, rows: int) -> list[str]:
    strangers = [str(sign_up("Stranger").user.pk) for _ in range(rows)]
    for stranger in strangers:
        me.send("PUT", f"/blocks/{stranger}")
    return strangers


def _register_devices(me: Person, rows: int) -> None:
    for phone in _phones_of(me, rows):
        phone.send("POST", "/devices", device_body(str(phone.session.pk)))


def device_body(value: str) -> dict[str, Any]:
    """Return the body of `POST /devices`."""
    return {"kind": "token", "value": f"bench-{value}", "platform": "android", "locale": "en"}


def _phones_of(me: Person, rows: int) -> Iterator[Person]:
    yield me
    for number in range(1, rows):
        yield open_session(me.user, installation=f"bench-{number}")
