"""The deck: its SQL against the bare nearest twenty, and the endpoint against its SQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from django.db import connection
from rest_framework.test import APIClient

from benchmarks import servers
from benchmarks.city import DATABASE
from benchmarks.deck_sql import measure_sql, sql_p99_ms
from benchmarks.load import Load, request_bytes, run_load
from benchmarks.people import Person, sign_in
from benchmarks.postgres import pgbench
from benchmarks.rows import Row

COLLECTORS = 100
CLIENTS = 8
SECONDS = 6
AGAIN = "bin/bench deck"


def measure() -> Iterator[Row]:
    """All rows of the deck."""
    collectors = sign_in("Collector", COLLECTORS)
    decks = [_deck_sql(person) for person in collectors]
    floors = [_bare_sql(person) for person in collectors]
    yield _sql_plain(decks, floors)
    yield from _over_http(collectors, decks)
    yield from measure_sql(collectors)


def _deck_sql(person: Person) -> str:
    """The very statement with which `GET /deck` finds this person's cards."""
    seen: list[str] = []
    phone = APIClient()
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {person.token}", HTTP_HOST="127.0.0.1")
    with connection.execute_wrapper(_Notes(seen)):
        answer = phone.get("/api/v1/deck")
    found = [statement for statement in seen if "<->" in statement]
    if answer.status_code != 200 or len(found) != 1:
        raise RuntimeError(f"GET /deck: {answer.status_code}, {len(found)} statements order by distance")
    return found[0]


@dataclass
class _Notes:
    """Writes down every statement, with its values in place."""

    seen: list[str]

    def __call__(self, execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        """What Django calls around each statement."""
        result = execute(statement, params, many, context)
        self.seen.append(str(connection.ops.last_executed_query(context["cursor"], statement, params)))
        return result


def _bare_sql(person: Person) -> str:
    """The nearest twenty open pickups and nothing else, with the point written out as in the deck."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_AsText(ST_Transform(service_point::geometry, 3857)) FROM geo_collector WHERE user_id = %s",
            [person.user.pk],
        )
        (point,) = cursor.fetchone() or ("",)
    place = f"'SRID=3857;{point}'::geometry"
    return f"SELECT id FROM geo_pickup WHERE status = 'open' ORDER BY cell <-> {place} LIMIT 20"


def _sql_plain(decks: list[str], floors: list[str]) -> Row:
    pgbench(DATABASE, decks, clients=1, seconds=2)
    return Row(
        row="deck_sql_plain",
        value=1000 / pgbench(DATABASE, decks, clients=1, seconds=SECONDS),
        unit="ms",
        floor=1000 / pgbench(DATABASE, floors, clients=1, seconds=SECONDS),
        target=2,
        at_most=True,
        floor_is="SELECT id ... ORDER BY cell <-> point LIMIT 20, at the same 100 places, pgbench -c 1",
        repeat=AGAIN,
    )


def _over_http(collectors: list[Person], decks: list[str]) -> Iterator[Row]:
    """Rates over HTTP: the deck, an empty Django view, and an application that does nothing."""
    with servers.web() as port:
        requests = [request_bytes("GET", "/api/v1/deck", person.token) for person in collectors]
        deck = _load(port, requests)
        half = run_load(port, [cycle(requests)], seconds=SECONDS)
        empty = _load(port, [request_bytes("GET", "/healthz")])
    with servers.web("benchmarks.bare:application") as port:
        bare = _load(port, [request_bytes("GET", "/healthz")])
    yield Row(
        row="deck_http_rate",
        value=deck.rate,
        unit="req/s",
        floor=pgbench(DATABASE, decks, clients=CLIENTS, seconds=SECONDS),
        target=0.5,
        at_most=False,
        floor_is=f"the same SQL in pgbench -M prepared -c {CLIENTS}",
        repeat=AGAIN,
        note=f"p99 {deck.p99_ms:.0f} ms with {CLIENTS} connections; {deck.note}",
    )
    yield Row(
        row="deck_http_p99",
        value=half.p99_ms,
        unit="ms",
        floor=sql_p99_ms(decks),
        target=4,
        at_most=True,
        floor_is="p99 of the same SQL, prepared, one session",
        repeat=AGAIN,
        note=f"one connection: {half.rate / deck.rate:.0%} of the rate above; {half.note}",
    )
    yield _against("deck_of_empty_view", deck, empty, target=0.25, floor_is="GET /healthz, an empty Django view")
    yield _against("empty_view_rate", empty, bare, target=0.2, floor_is="the same granian with an empty WSGI callable")


def _load(port: int, requests: list[bytes]) -> Load:
    return run_load(port, [cycle(requests[start::CLIENTS] or requests) for start in range(CLIENTS)], seconds=SECONDS)


def _against(row: str, ours: Load, floor: Load, *, target: float, floor_is: str) -> Row:
    return Row(
        row=row,
        value=ours.rate,
        unit="req/s",
        floor=floor.rate,
        target=target,
        at_most=False,
        floor_is=floor_is,
        repeat=AGAIN,
        note=floor.note,
    )
