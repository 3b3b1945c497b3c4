"""The deck: its SQL against the bare nearest twenty, and the endpoint against its SQL."""

from collections.abc import Iterator

from benchmarks.city import DATABASE
from benchmarks.deck_sql import Deck, bare_sql, deck_of, measure_sql, service_point_of
from benchmarks.people import sign_in
from benchmarks.postgres import pgbench
from benchmarks.rows import Row
from benchmarks.web import COLLECTORS, measure_web

# pgbench plans each of a hundred scripts once, which the service does once for all: a twentieth of six seconds.
SECONDS = 18
AGAIN = "bin/bench deck"


def measure() -> Iterator[Row]:
    """All rows of the deck."""
    collectors = sign_in("Collector", COLLECTORS)
    decks = [deck_of(person) for person in collectors]
    yield _sql_plain(decks, [bare_sql(*service_point_of(person)) for person in collectors])
    yield from measure_web(collectors)
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
