"""`bin/chaos`: kill, count, print the table. Ends with 1 when anything was lost, doubled or turned round."""

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

from tools.chaos.stage import take_variables


def _say(text: str) -> None:
    """To stderr: the table alone goes to stdout."""
    sys.stderr.write(f"{text}\n")


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/chaos", description="Kill one part after the other, and count the losses."
    )
    parser.add_argument("--runs", type=int, default=14, help="runs of each harness, one kill a run, in turn (14)")
    parser.add_argument("--only", choices=("ours", "stock"), help="leave out the other harness")
    parser.add_argument("--hurry", action="store_true", help="put the clock forward for the jobs of killed workers")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the tables")
    parser.add_argument("folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(given)


def main(given: Sequence[str]) -> int:
    """0 when all is well with us, and every planted fault was seen."""
    arguments = _arguments(given)
    postgres, redis = take_variables(arguments.folder)
    _prepare()
    from tools.chaos.harness import try_ours, try_stock

    outcomes: dict[str, Any] = {}
    if arguments.only != "stock":
        _say(f"-- the service, {arguments.runs} runs")
        ours = try_ours(arguments.folder, postgres, redis, arguments.runs, _say, hurry=arguments.hurry)
        outcomes["ours"] = asyncio.run(ours)
    if arguments.only != "ours":
        _say(f"-- a stock consumer, {arguments.runs} runs")
        outcomes["stock"] = asyncio.run(try_stock(arguments.folder, postgres, redis, arguments.runs, _say))
    return _report(outcomes, as_json=arguments.json)


def _prepare() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _report(outcomes: dict[str, Any], *, as_json: bool) -> int:
    from tools.chaos.table import control_of, outages_of, table_of

    ours = outcomes.get("ours")
    is_well = ours is None or ours.is_well
    if as_json:
        sys.stdout.write(json.dumps({name: _plain(outcome) for name, outcome in outcomes.items()}) + "\n")
        return 0 if is_well else 1
    for name, outcome in outcomes.items():
        title = "This service" if name == "ours" else "A stock Channels consumer, the same clients"
        sys.stdout.write(f"\n**{title}** ({outcome.seconds / 60:.0f} minutes)\n\n")
        sys.stdout.write(table_of(outcome, has_pushes=name == "ours") + "\n")
    if ours:
        sys.stdout.write(f"\n{control_of(ours)}\n\n{outages_of(ours)}\n")
    return 0 if is_well else 1


def _plain(outcome: Any) -> dict[str, object]:
    kinds = {kind: {"runs": outcome.runs[kind], **vars(counts)} for kind, counts in outcome.counts.items()}
    total = vars(outcome.total) | {"resets": outcome.resets}
    outages = {name: vars(seen) for name, seen in outcome.outages.items()}
    control = vars(outcome.control)
    return {"kinds": kinds, "total": total, "outages": outages, "control": control, "sees_faults": outcome.sees_faults}


if __name__ == "__main__":
    # As an exception, so that the servers are stopped on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    os.environ["BASH_ENV"] = ""
    started = time.monotonic()
    status = main(sys.argv[1:])
    _say(f"-- {time.monotonic() - started:.0f} s")
    sys.exit(status)
