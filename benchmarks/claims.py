"""What plain claims cost PostgreSQL alone, one by one and together: processor time, not rates. Linux only."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection

from backend.shared.ids import new_id
from benchmarks.city import DATABASE
from benchmarks.match import CLAIM_SQL, COLLECTORS, first_come_pickups, store_claims
from benchmarks.people import Person, sign_in
from benchmarks.postgres import pgbench, session
from benchmarks.rows import Row
from notifications.kinds import kind_of

# Of each kind: enough that starting the sessions is a small part.
CLAIMS = 6_400
SESSIONS_OF_FLOOR = 8
# Sessions, and claims at a time.
WAYS = ((8, 1), (2, 1), (2, 4), (1, 8), (1, 4))
_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_LISTS = """
CREATE TABLE bench_claims AS
SELECT (number - 1) / {size} AS number, array_agg(id) AS pickups, array_agg(collector) AS collectors,
    array_agg(digest::text) AS digests, array_agg(new[1]) AS likes, array_agg(new[2]) AS matches,
    array_agg(new[3]) AS conversations, array_fill('123456'::text, ARRAY[{size}]) AS codes
FROM bench_claim JOIN bench_new USING (number) GROUP BY 1 ORDER BY 1;
ALTER TABLE bench_claims ADD PRIMARY KEY (number);
ANALYZE bench_claims
"""
# In turn, so that no collector claims in two sessions at once.
_TOGETHER_SQL = """
\\set number :number + 1
\\set mine (:number - 1) * {sessions} + :client_id
SELECT claim_pickups.* FROM bench_claims, LATERAL claim_pickups(
    pickups, collectors, digests, now(), now(), 1000000, likes, matches, conversations, codes, codes,
    '{{{late}}}', true)
WHERE number = :mine
"""


def measure() -> Iterator[Row]:
    """One row, with the other ways in its note."""
    people = sign_in("Collector", COLLECTORS)
    pickups = first_come_pickups(people)
    floor = _floor_ms(pickups[:CLAIMS])
    costs = {}
    for turn, (sessions, size) in enumerate(WAYS, 1):
        _store_lists(pickups[turn * CLAIMS : (turn + 1) * CLAIMS], people, size)
        costs[sessions, size] = _together_ms(sessions, size)
    _require_matches(len(WAYS) * CLAIMS)
    yield Row(
        row="claim_together_ms",
        value=costs[WAYS[-1]],
        unit="ms",
        floor=floor,
        target=2,
        at_most=True,
        floor_is="PostgreSQL's processor time for UPDATE ... WHERE id = ? AND status = 'open', "
        f"pgbench -c {SESSIONS_OF_FLOOR}",
        repeat="bin/bench claims",
        note="one session, four at a time; "
        + "; ".join(f"{sessions} x {size}: {cost:.2f}" for (sessions, size), cost in costs.items()),
    )


def _require_matches(count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM geo_match WHERE status = 'active'")
        (made,) = cursor.fetchone() or (0,)
    if made != count:
        raise RuntimeError(f"{made} matches were made of {count} claims")


def _floor_ms(pickups: list[str]) -> float:
    store_claims(pickups)
    each = len(pickups) // SESSIONS_OF_FLOOR
    return _cost_ms(CLAIM_SQL.format(each=each), SESSIONS_OF_FLOOR, each)


def _together_ms(sessions: int, size: int) -> float:
    """A claim's cost."""
    each = CLAIMS // size // sessions
    late = ",".join(kind_of("match.made").overtakes)
    return _cost_ms(_TOGETHER_SQL.format(sessions=sessions, late=late), sessions, each) / size


def _cost_ms(script: str, sessions: int, each: int) -> float:
    with session() as ours:
        (backend,) = ours.execute("SELECT pg_backend_pid()").fetchone() or (0,)
        server = int(_stat_of(backend)[1])
        ours.execute("CHECKPOINT")
        before = _ticks_of(server)
        pgbench(DATABASE, [script], clients=sessions, transactions=each, number=0)
        # Until the server has seen its sessions end.
        time.sleep(0.5)
        return (_ticks_of(server) - before) * _TICK_MS / (sessions * each)


def _ticks_of(server: int) -> int:
    """Of a PostgreSQL server: of itself, of its children, and of those that have ended."""
    found = [_stat_of(int(path.name)) for path in Path("/proc").glob("[0-9]*") if path.is_dir()]
    living = sum(int(stat[11]) + int(stat[12]) for stat in found if stat and int(stat[1]) == server)
    return living + sum(map(int, _stat_of(server)[11:15]))


def _stat_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _store_lists(pickups: list[str], people: list[Person], size: int) -> None:
    """As many claims as there are pickups, so many at a time, with collectors in turn."""
    store_claims(pickups)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_claims, bench_new")
        cursor.execute("CREATE TABLE bench_new (number int PRIMARY KEY, collector uuid, digest text, new uuid[])")
        cursor.executemany(
            "INSERT INTO bench_new VALUES (%s, %s, %s, %s)",
            [(number, *_claimer(people[number % COLLECTORS])) for number in range(1, len(pickups) + 1)],
        )
        cursor.execute(_LISTS.format(size=size))


def _claimer(person: Person) -> tuple[Any, ...]:
    return person.user.pk, person.session.digest, [new_id() for _ in range(3)]
