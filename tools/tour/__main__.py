"""`bin/tour`: plays the main job step by step until something differs from what is expected."""

import argparse
import asyncio
import os
import shlex
import sys
import time
import traceback
from pathlib import Path

import httpx

from tools.tour.handover import hand_over, play_long
from tools.tour.matching import chat, let_resident_choose, match_from_deck, promote_runner_up, show_pushes
from tools.tour.people import WorkerLog, open_tour
from tools.tour.posting import post_with_photo, refuse_bad_input, sign_everybody_in
from tools.tour.screen import Mismatch, Screen, coloured

RUN = Path(__file__).resolve().parents[2] / ".local" / "run"


def url_of_bin_run() -> str:
    """Return the address at which bin/run of this checkout serves, or served last; empty if it never ran."""
    file = RUN / "env"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    found = [line.removeprefix("export PUBLIC_URL=") for line in lines if line.startswith("export PUBLIC_URL=")]
    return shlex.split(found[0])[0] if found else ""


async def play(screen: Screen, url: str, worker_log: WorkerLog | None, *, is_long: bool = False) -> None:
    """Play all parts in order."""
    async with open_tour(screen, url, worker_log) as tour:
        await sign_everybody_in(tour)
        pickup = await post_with_photo(tour)
        await refuse_bad_input(tour, pickup["id"])
        match = await match_from_deck(tour, pickup)
        await chat(tour, match)
        await hand_over(tour, match, pickup)
        await let_resident_choose(tour)
        await promote_runner_up(tour)
        await show_pushes(tour)
        if is_long:
            await play_long(tour)


def main() -> int:
    """Play the tour; return 0 when everything is as expected."""
    parser = argparse.ArgumentParser(prog="bin/tour", description="Play the main job against a running server.")
    own = url_of_bin_run()
    url = os.environ.get("PUBLIC_URL") or own or "http://127.0.0.1:8000"
    parser.add_argument("url", nargs="?", default=url, help=f"the server's address ({url})")
    parser.add_argument("--worker-log", type=Path, help="where its worker prints pushes (that of bin/run)")
    parser.add_argument("--long", action="store_true", help="also play what can go wrong at a handover")
    given = parser.parse_args()
    log = given.worker_log or (RUN / "log" / "worker.log" if given.url == own else None)
    screen = Screen()
    screen.write(f"{coloured('Tinder for Trash', 'bold', 'green')}, a tour of {given.url}")
    worker_log = WorkerLog(log) if log and log.exists() else None
    return _run(screen, given.url, worker_log, is_long=given.long)


def _run(screen: Screen, url: str, worker_log: WorkerLog | None, *, is_long: bool) -> int:
    started = time.monotonic()
    try:
        asyncio.run(play(screen, url, worker_log, is_long=is_long))
    except Mismatch as mismatch:
        screen.write(f"\n{coloured('Mismatch', 'bold', 'red')}: {mismatch.what}")
        screen.write(f"  expected: {mismatch.expected}\n  actual:   {mismatch.actual}")
        return 1
    except LookupError as error:
        traceback.print_exc()
        screen.write(f"\n{coloured('Mismatch', 'bold', 'red')}: a response without {error}; see the traceback")
        return 1
    except (httpx.HTTPError, OSError) as error:
        screen.write(f"\nNo response from {url} ({error}). Is bin/run running?")
        return 2
    took = f"{screen.steps} steps in {time.monotonic() - started:.1f} s"
    screen.write(f"\n{coloured('Everything as expected', 'bold', 'green')}: {took}. ทุกอย่างเป็นไปตามที่ควร")
    return 0


if __name__ == "__main__":
    sys.exit(main())
