"""The whole API: statements, processor time in the server and rate of each operation, beside an empty view."""

import statistics
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from tools.bench import servers
from tools.bench.load import Load, request_bytes, run_load
from tools.bench.match import first_come_pickups
from tools.bench.operations import Account, Operation, make_account, publish_page, reads, writes
from tools.bench.people import sign_in
from tools.bench.postgres import statements_taken
from tools.bench.rows import Row

FEW, MANY = 5, 20
CLIENTS = 16
SECONDS = 1.5
WARM_UP_S = 0.3
LIKERS = 200
# More requests than a fast machine answers in the time.
SINGLE_USE = 4_000
AGAIN = "bin/bench api"


@dataclass(frozen=True)
class Figures:
    """The rate of one kind of request, and the processor time of the server for one of them."""

    rate: float
    cpu_ms: float


@dataclass(frozen=True)
class Measured:
    """An operation with its figures and the number of its statements."""

    operation: Operation
    figures: Figures
    statements: int


def measure() -> Iterator[Row]:
    """Measure all operations; the summary first, then each of them, the most expensive first."""
    few, many = make_account(FEW), make_account(MANY)
    operations = [*reads(many), *_writes(many)]
    failed: list[str] = []
    with servers.web_with("tools.bench.service_wsgi:application") as server:
        empty = _measure_path(server, "/healthz")
        feed = _measure_path(server, publish_page())
        limited = _measure_path(server, "/bench/limited", many.person.token)
        measured = list(_measure_all(server, operations, failed))
        empty_again = _measure_path(server, "/healthz")
    empty = Figures(rate=max(empty.rate, empty_again.rate), cpu_ms=(empty.cpu_ms + empty_again.cpu_ms) / 2)
    with servers.bare() as server:
        bare = _measure_path(server, "/")
    yield _row_of_empty_view(empty, bare)
    yield _row_of_cpu("api_auth_cpu", limited.cpu_ms, empty, 3, f"an authenticated, limited view; {limited.rate:.0f}/s")
    yield _row_of_cpu("feed_page_cpu", feed.cpu_ms, empty, 10, f"100 weekly sums of the open feed; {feed.rate:.0f}/s")
    yield from _rows_of_reads(measured, empty)
    yield _row_of_growth(few, measured)
    yield _row_of_matches(many, measured)
    for one in sorted(measured, key=lambda one: -one.figures.cpu_ms):
        yield _row_of_operation(one, empty)
    if failed:
        raise RuntimeError(f"could not measure {', '.join(failed)}")


def _writes(account: Account) -> list[Operation]:
    likers = sign_in("Collector", LIKERS)
    pickups = first_come_pickups(likers)
    return writes(account, open_pickups=pickups, likers=likers, count=min(SINGLE_USE, len(pickups) // 2))


def _measure_all(server: servers.Server, operations: Sequence[Operation], failed: list[str]) -> Iterator[Measured]:
    for operation in operations:
        try:
            count = _count_statements(operation)
            yield Measured(operation, _measure(server, operation.streams(CLIENTS)), count)
        except Exception:
            # The other operations are measured all the same.
            sys.stderr.write(f"{operation.name}: {traceback.format_exc(limit=-1)}")
            failed.append(operation.name)


def _count_statements(operation: Operation) -> int:
    """Count the statements of the second request, when caches are filled."""
    operation.requests[0].run()
    with statements_taken() as taken:
        operation.requests[min(1, len(operation.requests) - 1)].run()
    return len(taken)


def _measure_path(server: servers.Server, path: str, token: str | None = None) -> Figures:
    return _measure(server, [cycle([request_bytes("GET", path, token)]) for _ in range(CLIENTS)])


def _measure(server: servers.Server, streams: Sequence[Iterator[bytes]]) -> Figures:
    """Send these streams after a warm-up. Raises RuntimeError when a request fails."""
    _require_success(run_load(server.port, streams, seconds=WARM_UP_S, warm_up=0))
    before = server.cpu_s()
    load = run_load(server.port, streams, seconds=SECONDS, warm_up=0)
    cpu_s = server.cpu_s() - before
    _require_success(load)
    return Figures(rate=load.rate, cpu_ms=cpu_s / len(load.latencies_s) * 1000)


def _require_success(load: Load) -> None:
    if any(status >= 300 for status in load.statuses) or not load.latencies_s:
        raise RuntimeError(f"the server answered {load.note}")


def _row_of_empty_view(empty: Figures, bare: Figures) -> Row:
    return Row(
        row="empty_view_rate",
        value=empty.rate,
        unit="req/s",
        floor=bare.rate,
        target=0.2,
        at_most=False,
        floor_is="the same granian with a callable that does nothing",
        repeat=AGAIN,
        note=f"GET /healthz, {CLIENTS} connections; processor time {empty.cpu_ms:.3f} ms, bare {bare.cpu_ms:.3f} ms",
    )


def _row_of_cpu(name: str, cpu_ms: float, empty: Figures, target: float, note: str) -> Row:
    return Row(
        row=name, value=cpu_ms, unit="ms", floor=empty.cpu_ms, target=target, at_most=True, repeat=AGAIN, note=note,
        floor_is="processor time of an empty view (GET /healthz) in the same server",
    )  # fmt: skip


def _rows_of_reads(measured: Sequence[Measured], empty: Figures) -> Iterator[Row]:
    """Summarise the authenticated reads that have a target."""
    chosen = [one for one in measured if one.operation.is_read and not one.operation.is_aside]
    costs = {one.operation.name: one.figures.cpu_ms for one in chosen if not one.operation.is_public}
    median = statistics.median(costs.values())
    yield _row_of_cpu("api_read_cpu_median", median, empty, 6, f"{len(costs)} authenticated reads, {MANY} rows of each")
    worst = max(costs, key=lambda name: costs[name])
    yield _row_of_cpu("api_read_cpu_max", costs[worst], empty, 15, worst)


def _row_of_growth(few: Account, measured: Sequence[Measured]) -> Row:
    """Compare each read's statements with those for a person with fewer rows."""
    counts = {one.operation.name: one.statements for one in measured}
    fewer = {read.name: _count_statements(read) for read in reads(few) if read.name in counts}
    growing = [f"{name} {count} to {counts[name]}" for name, count in fewer.items() if counts[name] > count]
    return Row(
        row="api_statements_grow", value=len(growing), unit="reads", floor=1, target=0, at_most=True, repeat=AGAIN,
        floor_is="one operation, so that the ratio is their number",
        note=f"reads with more statements for {MANY} rows than for {FEW}: {'; '.join(growing) or 'none'}",
    )  # fmt: skip


def _row_of_matches(account: Account, measured: Sequence[Measured]) -> Row:
    ours = next(one.figures for one in measured if one.operation.name == "GET /matches")
    with servers.stock([account.person]) as stock:
        theirs = _measure(stock.server, [cycle([stock.get(account.person, "/matches")]) for _ in range(CLIENTS)])
    return Row(
        row="matches_http_vs_stock", value=ours.rate, unit="req/s", floor=theirs.rate, target=3, at_most=False,
        floor_is=servers.STOCK_PEER, repeat=AGAIN, note=f"{MANY} matches; {CLIENTS} connections",
    )  # fmt: skip


def _row_of_operation(one: Measured, empty: Figures) -> Row:
    return Row(
        row=one.operation.name,
        value=one.figures.cpu_ms,
        unit="ms",
        floor=empty.cpu_ms,
        target=None,
        at_most=True,
        floor_is="processor time of an empty view",
        repeat=AGAIN,
        note=f"{one.statements:>3} statements {one.figures.rate:>6.0f} req/s",
        is_brief=True,
    )
