"""The deck over HTTP: the endpoint against its SQL, and against an empty view and an empty application."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle

from backend.accounts.models import Session
from benchmarks import servers
from benchmarks.city import DATABASE
from benchmarks.deck_sql import sql_p99_ms
from benchmarks.load import Load, request_bytes, run_load
from benchmarks.people import Person, sign_in
from benchmarks.postgres import Prepared, pgbench
from benchmarks.rows import Row
from geo.selectors.deck_plain import asking_plain_decks

COLLECTORS = 100
CLIENTS = 16
SECONDS = 6
AGAIN = "bin/bench web"


def measure() -> Iterator[Row]:
    """These rows alone."""
    yield from measure_web(sign_in("Collector", COLLECTORS))


def measure_web(collectors: list[Person]) -> Iterator[Row]:
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
        floor=pgbench(DATABASE, [_drawn_script(collectors)], clients=CLIENTS, seconds=SECONDS),
        target=0.5,
        at_most=False,
        floor_is=f"the statement of each of these requests in pgbench -M prepared -c {CLIENTS}",
        repeat=AGAIN,
        note=f"p99 {deck.p99_ms:.0f} ms with {CLIENTS} connections; {deck.note}",
    )
    yield Row(
        row="deck_http_p99",
        value=half.p99_ms,
        unit="ms",
        floor=sql_p99_ms([[_asked_by(person)] for person in collectors]),
        target=4,
        at_most=True,
        floor_is="p99 of the same SQL, prepared, one session",
        repeat=AGAIN,
        note=f"one connection: {half.rate / deck.rate:.0%} of the rate above; {half.note}",
    )
    yield _against("deck_of_empty_view", deck, empty, target=0.25, floor_is="GET /healthz, an empty Django view")
    yield _against("empty_view_rate", empty, bare, target=0.2, floor_is="the same granian with an empty ASGI callable")


def _asked_by(person: Person) -> Prepared:
    """What a request by this person asks the database; others that come at the same time may be asked with it."""
    return Prepared(*asking_plain_decks([person.token], now=datetime.now(UTC)))


def _drawn_script(collectors: list[Person]) -> str:
    """The same for a person drawn by lot: one script, so that each session plans it once, as the service's do.

    pgbench draws numbers, so these sessions have numbers for keys.
    """
    sessions = [
        Session(
            digest=f"bench {number}", token_key=str(number), user=person.user, installation=f"bench {number}",
            expiry=person.session.expiry,
        )
        for number, person in enumerate(collectors, 1)
    ]  # fmt: skip
    Session.objects.bulk_create(sessions)
    asked = _asked_by(collectors[0])
    values = {name: f"'{value}'" for name, value in asked.values.items()}
    drawn = asked.statement % (values | {"token_keys": "ARRAY[:number]"})
    return f"\\set number random(1, {len(sessions)})\n{drawn}"


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
