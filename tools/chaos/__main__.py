"""`bin/chaos`: kill, count, print the tables. Ends with 1 when anything was lost, doubled or reordered."""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.chaos.servers import start_databases


def _report(text: str) -> None:
    """Print to stderr; stdout is for the tables."""
    print(text, file=sys.stderr)


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/chaos", description="Kill one part after the other, and count lost messages."
    )
    parser.add_argument("--runs", type=int, default=14, help="runs of each harness, one kill a run, in turn (14)")
    parser.add_argument("--only", choices=("ours", "stock"), help="leave out the other harness")
    parser.add_argument("--hurry", action="store_true", help="rescue the jobs of killed workers at once")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the tables")
    parser.add_argument("folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(given)


def main(given: Sequence[str]) -> int:
    """Return 0 when the service lost nothing and every planted fault was counted."""
    arguments = _arguments(given)
    postgres, redis = start_databases(arguments.folder)
    _prepare()
    from tools.chaos.harness import measure_service, measure_stock

    outcomes: dict[str, Any] = {}
    if arguments.only != "stock":
        _report(f"-- the service, {arguments.runs} runs")
        service = measure_service(arguments.folder, postgres, redis, arguments.runs, _report, hurry=arguments.hurry)
        outcomes["ours"] = asyncio.run(service)
    if arguments.only != "ours":
        _report(f"-- a stock consumer, {arguments.runs} runs")
        outcomes["stock"] = asyncio.run(measure_stock(arguments.folder, postgres, redis, arguments.runs, _report))
    return _print_outcomes(outcomes, as_json=arguments.json)


def _prepare() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _print_outcomes(outcomes: dict[str, Any], *, as_json: bool) -> int:
    from tools.chaos.harness import control_of, outages_of, table_of

    ours = outcomes.get("ours")
    is_good = ours is None or ours.is_good
    if as_json:
        print(json.dumps({name: _as_json(outcome) for name, outcome in outcomes.items()}))
        return 0 if is_good else 1
    for name, outcome in outcomes.items():
        title = "This service" if name == "ours" else "A stock Channels consumer, the same clients"
        print(f"\n**{title}** ({outcome.seconds / 60:.0f} minutes)\n")
        print(table_of(outcome, has_pushes=name == "ours"))
    if ours:
        print(f"\n{control_of(ours)}\n\n{outages_of(ours)}")
    return 0 if is_good else 1


def _as_json(outcome: Any) -> dict[str, object]:
    kinds = {kind: {"runs": outcome.runs[kind], **vars(counts)} for kind, counts in outcome.counts.items()}
    total = vars(outcome.total) | {"resets": outcome.resets}
    outages = {name: vars(seen) for name, seen in outcome.outages.items()}
    control = vars(outcome.control)
    return {
        "kinds": kinds,
        "total": total,
        "outages": outages,
        "control": control,
        "counts_faults": outcome.counts_faults,
    }


if __name__ == "__main__":
    # An exception, so that the servers are stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    os.environ["BASH_ENV"] = ""
    started = time.monotonic()
    status = main(sys.argv[1:])
    _report(f"-- {time.monotonic() - started:.0f} s")
    sys.exit(status)
