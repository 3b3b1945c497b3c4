"""Matching: a like over HTTP that makes a match, against the bare conditional UPDATE; and the rings."""

from collections.abc import Iterator
from itertools import cycle

from django.db import connection

from tools.bench import servers
from tools.bench.city import DATABASE
from tools.bench.load import Load, request_bytes, run_load
from tools.bench.people import Person, sign_in
from tools.bench.postgres import pgbench
from tools.bench.rings import measure_ring
from tools.bench.rows import Row

# Connections; the floor has as many sessions.
CLIENTS = 16
# They like in turn, so that none has a thousand active matches, which the service would count with each like.
COLLECTORS = 800
SECONDS = 8
# More than a fast machine claims in the time: of these at most HTTP_CLAIMS_MAX by HTTP, the others in pgbench.
CLAIMS_MAX = 60_000
HTTP_CLAIMS_MAX = 16_000
CLAIM = b'{"direction": "like"}'
# Each transaction claims a pickup of its own that is open; on one that is not, the statement would write nothing.
CLAIM_SQL = """
\\set number :number + 1
\\set mine :client_id * {each} + :number
UPDATE geo_pickup SET status = 'matched', updated_at = now()
WHERE id = (SELECT id FROM bench_claim WHERE number = :mine) AND status = 'open';
"""


def measure() -> Iterator[Row]:
    """Measure claims and rings."""
    collectors = sign_in("Collector", COLLECTORS)
    pickups = first_come_pickups(collectors)
    split = min(len(pickups) // 2, HTTP_CLAIMS_MAX)
    with servers.web() as server:
        load = run_load(server.port, _likes(collectors, pickups[:split]), seconds=SECONDS)
    _require_matches(load)
    store_claims(pickups[split:])
    yield Row(
        row="claim_http_rate",
        value=load.rate,
        unit="match/s",
        floor=_claims_of_pgbench(len(pickups) - split),
        target=0.05,
        at_most=False,
        floor_is=f"UPDATE ... SET status = 'matched' WHERE id = ? AND status = 'open', committed, pgbench -c {CLIENTS}",
        repeat="bin/bench match",
        note=f"p99 {load.p99_ms:.0f} ms with {CLIENTS} connections; {load.note}; "
        "the floor writes one row, a claim several",
    )
    yield measure_ring()


def _claims_of_pgbench(pickups: int) -> float:
    """Return the claims per second, until each client has claimed its share."""
    each = pickups // CLIENTS
    return pgbench(DATABASE, [CLAIM_SQL.format(each=each)], clients=CLIENTS, transactions=each, number=0)


def first_come_pickups(collectors: list[Person]) -> list[str]:
    """Return open pickups that go to the first collector, and on which none of these has swiped."""
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
    """Return the requests of each connection, with collectors and pickups of its own."""

    def requests_of(number: int) -> Iterator[bytes]:
        people = cycle(collectors[number::CLIENTS])
        for pickup, person in zip(pickups[number::CLIENTS], people, strict=False):
            yield request_bytes("PUT", f"/api/v1/pickups/{pickup}/swipe", person.token, CLAIM)

    return [requests_of(number) for number in range(CLIENTS)]


def _require_matches(load: Load) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM geo_match WHERE status = 'active'")
        (matches,) = cursor.fetchone() or (0,)
    # Likes of the warm-up and of the last moment match too, but are not counted.
    if set(load.statuses) != {200} or matches < len(load.latencies_s):
        raise RuntimeError(f"{load.note}, but {matches} matches were made")


def store_claims(pickups: list[str]) -> None:
    """Store these pickups with numbers from 1, for pgbench to claim."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_claim")
        cursor.execute("CREATE TABLE bench_claim (number int PRIMARY KEY, id uuid NOT NULL)")
        cursor.execute(
            "INSERT INTO bench_claim SELECT number, id FROM unnest(%s::uuid[]) WITH ORDINALITY AS row (id, number)",
            [pickups],
        )
        cursor.execute("ANALYZE bench_claim")
