"""The deck over HTTP: the endpoint against its SQL, and against an empty view and an empty application."""

from collections.abc import Iterator
from itertools import cycle

from benchmarks import servers
from benchmarks.city import DATABASE
from benchmarks.deck_sql import Deck, deck_of, sql_p99_ms
from benchmarks.load import Load, request_bytes, run_load
from benchmarks.people import Person, sign_in
from benchmarks.postgres import pgbench
from benchmarks.rows import Row

COLLECTORS = 100
CLIENTS = 8
SECONDS = 6
AGAIN = "bin/bench web"


def measure() -> Iterator[Row]:
    """These rows alone."""
    collectors = sign_in("Collector", COLLECTORS)
    yield from measure_web(collectors, [deck_of(person) for person in collectors])


def measure_web(collectors: list[Person], decks: list[Deck]) -> Iterator[Row]:
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
