"""The deck over HTTP, as a phone asks for it, beside the same statements in pgbench."""

from collections.abc import Iterator, Sequence
from itertools import cycle
from random import Random
from urllib.parse import urlencode

from geo.models import Material
from tools.bench import peer, servers
from tools.bench.city import DATABASE
from tools.bench.deck_sql import deck_statements, measure_sql, p99_ms, service_point_of
from tools.bench.load import Load, request_bytes, run_load
from tools.bench.people import Person, sign_in
from tools.bench.postgres import pgbench
from tools.bench.rows import Row

COLLECTORS = 100
CLIENTS = 16
SECONDS = 6
# pgbench plans the statements of every viewer once in each session; this many viewers and seconds keep that below 5 %.
VIEWERS = 32
FLOOR_SECONDS = 12
REQUESTS = 16_000
RADIUS_M = 10_000
MATERIALS = 6
# Each request comes from another place, up to about a kilometre from the collector's service point.
JITTER_DEGREES = 0.01
AGAIN = "bin/bench deck"


def measure() -> Iterator[Row]:
    """Measure the deck over HTTP and its SQL."""
    collectors = sign_in("Collector", COLLECTORS)
    yield from _measure_http(collectors[:VIEWERS])
    yield from measure_sql(collectors)


def _measure_http(viewers: Sequence[Person]) -> Iterator[Row]:
    materials = _common_materials()
    queries = list(_queries(viewers, materials))
    requests = [request_bytes("GET", f"/api/v1/deck?{query}", person.token) for person, query in queries]
    with servers.web() as server:
        full = _load(server.port, requests)
        half = run_load(server.port, [cycle(requests)], seconds=SECONDS)
    decks = [deck_statements(person, **_query(*service_point_of(person), materials)) for person in viewers]
    yield Row(
        row="deck_http_rate",
        value=full.rate,
        unit="req/s",
        floor=pgbench(DATABASE, decks, clients=CLIENTS, seconds=FLOOR_SECONDS),
        target=0.40,
        at_most=False,
        floor_is=f"the statements of such a request in pgbench -M prepared -c {CLIENTS}",
        repeat=AGAIN,
        note=f"{len(decks[0])} statements a request; with lat, lon, radius_m and {MATERIALS} materials; "
        f"p99 {full.p99_ms:.0f} ms with {CLIENTS} connections; {full.note}",
    )
    yield Row(
        row="deck_http_p99",
        value=half.p99_ms,
        unit="ms",
        floor=p99_ms(decks),
        target=4,
        at_most=True,
        floor_is="p99 of the same statements, prepared, one session",
        repeat=AGAIN,
        note=f"one connection: {half.rate / full.rate:.0%} of the rate above; {half.note}",
    )
    with peer.stock(viewers) as stock:
        theirs = _load(stock.server.port, [stock.get(person, f"/deck?{query}") for person, query in queries])
    yield Row(
        row="deck_http_vs_stock", value=full.rate, unit="req/s", floor=theirs.rate, target=10, at_most=False,
        floor_is=peer.IS, repeat=AGAIN, note=theirs.note,
    )  # fmt: skip


def _load(port: int, requests: Sequence[bytes]) -> Load:
    """Send these requests over all connections. Raises RuntimeError when one fails."""
    load = run_load(port, [cycle(requests[number::CLIENTS]) for number in range(CLIENTS)], seconds=SECONDS)
    if set(load.statuses) != {200}:
        raise RuntimeError(f"GET /deck: {load.note}")
    return load


def _queries(viewers: Sequence[Person], materials: str) -> Iterator[tuple[Person, str]]:
    """Yield the query strings of all viewers in turn, each for a place of its own."""
    random = Random(1)
    points = [service_point_of(person) for person in viewers]

    def near(degrees: float) -> float:
        return round(degrees + random.uniform(-JITTER_DEGREES, JITTER_DEGREES), 6)

    turns = zip(range(REQUESTS), cycle(zip(viewers, points, strict=True)), strict=False)
    for _, (person, (lat, lon)) in turns:
        yield person, urlencode(_query(near(lat), near(lon), materials))


def _query(lat: float, lon: float, materials: str) -> dict[str, object]:
    return {"lat": lat, "lon": lon, "radius_m": RADIUS_M, "materials": materials}


def _common_materials() -> str:
    """Return the codes of the first materials of the catalogue, as the query string takes them."""
    materials = Material.objects.filter(is_active=True, is_hazardous=False).order_by("position", "pk")
    return ",".join(materials.values_list("code", flat=True)[:MATERIALS])
