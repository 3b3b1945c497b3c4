"""A person with so many rows of everything, made through the public API."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.bench.people import Person, open_session, sign_up

PLACE = {"lat": 13.7307, "lon": 100.5418}
MATERIAL = "pet_clear"


@dataclass(frozen=True)
class Account:
    """The person, and the ids to fill paths with: by parameter, or for one operation by its id."""

    person: Person
    ids: Mapping[str, str]
    ids_of_operations: Mapping[str, Mapping[str, str]]
    head: int


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
    me.send("PUT", "/me/email", {"address": "measured@example.com"})
    messages = _chat(matches[0]["conversation"], me, neighbours[0], rows)
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


def _chat(conversation: str, me: Person, other: Person, rows: int) -> list[str]:
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
