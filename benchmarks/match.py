"""Matching: a like over HTTP that makes a match, against the bare conditional UPDATE; and the rings."""

from collections.abc import Iterator
from itertools import cycle

from django.db import connection

from benchmarks import servers
from benchmarks.city import DATABASE
from benchmarks.load import Load, request_bytes, run_load
from benchmarks.people import Person, sign_in
from benchmarks.postgres import pgbench
from benchmarks.rings import measure_ring
from benchmarks.rows import Row

# As many phones at a time: what comes together is made together. The floor has as many sessions.
CLIENTS = 32
# Whose thumbs they are, in turn: of somebody with a thousand live matches the service would count a thousand.
COLLECTORS = 800
SECONDS = 8
# More than the fastest machine claims in the time; half for HTTP, half for pgbench.
CLAIMS_MAX = 60_000
CLAIM = b'{"direction": "like"}'
# Each transaction finds its own pickup open: one that had gone would be answered without writing anything.
CLAIM_SQL = """
\\set number :number + 1
\\set mine :client_id * {each} + :number
UPDATE geo_pickup SET status = 'matched', updated_at = now()
WHERE id = (SELECT id FROM bench_claim WHERE number = :mine) AND status = 'open';
"""


def measure() -> Iterator[Row]:
    """The rows of the claim and of the rings."""
    collectors = sign_in("Collector", COLLECTORS)
    pickups = first_come_pickups(collectors)
    half = len(pickups) // 2
    with servers.web() as port:
        load = run_load(port, _likes(collectors, pickups[:half]), seconds=SECONDS)
    _require_matches(load)
    store_claims(pickups[half:])
    yield Row(
        row="claim_http_rate",
        value=load.rate,
        unit="match/s",
        floor=_claims_of_pgbench(len(pickups) - half),
        target=0.3,
        at_most=False,
        floor_is=f"UPDATE ... SET status = 'matched' WHERE id = ? AND status = 'open', committed, pgbench -c {CLIENTS}",
        repeat="bin/bench match",
        note=f"p99 {load.p99_ms:.0f} ms with {CLIENTS} connections; {load.note}; "
        "where the floor writes one row, a claim writes nine and draws two numbers",
    )
    yield measure_ring()


def _claims_of_pgbench(pickups: int) -> float:
    """Claims a second, until each client has claimed its share."""
    each = pickups // CLIENTS
    return pgbench(DATABASE, [CLAIM_SQL.format(each=each)], clients=CLIENTS, transactions=each, number=0)


def first_come_pickups(collectors: list[Person]) -> list[str]:
    """Open pickups that take the first collector, and on which none of these has swiped."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id::text FROM geo_pickup WHERE status = 'open' AND choose = 'first' AND NOT EXISTS (
                SELECT FROM geo_swipe WHERE pickup_id = geo_pickup.id AND collector_id = ANY (%s))
            ORDER BY md5(id::text) LIMIT %s
            """,
            [[person.user.pk for person in collectors], CLAIMS_MAX],
        )
        return [pickup for (pickup,) in cursor.fetchall()]


def _likes(collectors: list[Person], pickups: list[str]) -> list[Iterator[bytes]]:
    """Each connection with collectors and pickups of its own."""

    def of(number: int) -> Iterator[bytes]:
        people = cycle(collectors[number::CLIENTS])
        for pickup, person in zip(pickups[number::CLIENTS], people, strict=False):
            yield request_bytes("PUT", f"/api/v1/pickups/{pickup}/swipe", person.token, CLAIM)

    return [of(number) for number in range(CLIENTS)]


def _require_matches(load: Load) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM geo_match WHERE status = 'active'")
        (matches,) = cursor.fetchone() or (0,)
    # Those of the warm-up and of the last moment are matched but not counted.
    if set(load.statuses) != {200} or matches < len(load.latencies_s):
        raise RuntimeError(f"{load.note}, but {matches} matches were made")


def store_claims(pickups: list[str]) -> None:
    """Number them from 1, for pgbench to claim."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_claim")
        cursor.execute("CREATE TABLE bench_claim (number int PRIMARY KEY, id uuid NOT NULL)")
        cursor.execute(
            "INSERT INTO bench_claim SELECT number, id FROM unnest(%s::uuid[]) WITH ORDINALITY AS row (id, number)",
            [pickups],
        )
        cursor.execute("ANALYZE bench_claim")
