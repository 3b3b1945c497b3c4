"""The deck: its SQL against the bare nearest twenty, and the endpoint against its SQL."""

from collections.abc import Iterator
from itertools import cycle

from benchmarks import servers
from benchmarks.city import DATABASE
from benchmarks.deck_sql import Deck, bare_sql, deck_of, measure_sql, service_point_of, sql_p99_ms
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
    decks = [deck_of(person) for person in collectors]
    yield _sql_plain(decks, [bare_sql(*service_point_of(person)) for person in collectors])
    yield from _over_http(collectors, decks)
    yield from measure_sql(collectors)


def _sql_plain(decks: list[Deck], floors: list[str]) -> Row:
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


def _over_http(collectors: list[Person], decks: list[Deck]) -> Iterator[Row]:
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
