"""`bin/bench`: prepare a fresh copy of the city, measure, and print the rows."""

import argparse
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import django
from django.db import connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper

from tools.bench.city import City, prepare
from tools.bench.rows import Row, json_of, text_of

GROUPS = ("api", "deck", "match", "chat", "push")


def _report(text: str) -> None:
    """Print to stderr; with --json, stdout is for the rows."""
    sys.stderr.write(f"{text}\n")


def _parse_arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measure, each figure beside the floor under it.")
    parser.add_argument(
        "groups",
        nargs="*",
        metavar="|".join(GROUPS),
        help="what to measure (all)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON array and nothing else on stdout")
    parser.add_argument("--pickups", type=int, default=200_000, help="open pickups in the generated city (200000)")
    arguments = parser.parse_args(given)
    if unknown := set(arguments.groups) - set(GROUPS):
        parser.error(f"unknown groups {', '.join(sorted(unknown))}; the groups are {', '.join(GROUPS)}")
    return arguments


def _city_of(pickups: int) -> City:
    """Return the city with so many open pickups; a million is a country with closed pickups and twice the people."""
    closed, more = (pickups, 2) if pickups >= 1_000_000 else (0, 1)
    collectors = max(200, pickups // 100 * more)
    return City(pickups=pickups + closed, open=pickups, collectors=collectors, swipes=pickups * 5 // 2 * more, seed=1)


def _warn_if_busy() -> None:
    """Warn when other processes use the cores, which makes the ratios worse."""
    busy = os.getloadavg()[0]
    if busy > (os.cpu_count() or 1) / 2:
        _report(f"This machine is busy (load average {busy:.1f}): expect figures worse than they are.")


def _measure(groups: Sequence[str], city: City, failed: list[str]) -> Iterator[Row]:
    for group in groups:
        # A database cannot be replaced while we are connected to it.
        connections.close_all()
        cast(DatabaseWrapper, connection).close_pool()
        try:
            _report(f"-- {group}: {prepare(city)}")
            measure: Callable[[], Iterator[Row]] = importlib.import_module(f"tools.bench.{group}").measure
            yield from measure()
        except Exception:
            # The other groups are measured all the same.
            traceback.print_exc()
            failed.append(group)


def main(given: Sequence[str]) -> int:
    """Measure and print; 1 when something could not be measured. A missed target is a result, not a failure."""
    arguments = _parse_arguments(given)
    pickups = arguments.pickups
    city = _city_of(pickups)
    django.setup()
    _warn_if_busy()
    rows, failed = [], list[str]()
    for row in _measure([group for group in GROUPS if group in arguments.groups] or GROUPS, city, failed):
        rows.append(row)
        (_report if arguments.json else print)(text_of(row))
    if arguments.json:
        sys.stdout.write(json_of(rows) + "\n")
    if failed:
        _report(f"bench: could not measure {', '.join(failed)} (above)")
    return 1 if failed else 0


if __name__ == "__main__":
    # An exception, so that the servers are stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    sys.exit(main(sys.argv[1:]))
