"""`bin/tour`: the whole main job, step by step, until something differs."""

import argparse
import asyncio
import os
import shlex
import sys
import time
import traceback
from pathlib import Path

import httpx

from tools.tour.arrival import arrive
from tools.tour.bad_input import refuse_bad_input
from tools.tour.cast import gather_cast
from tools.tour.chatting import chat
from tools.tour.checks import Differs
from tools.tour.choosing import let_her_choose, promote_the_runner_up
from tools.tour.handover import hand_over
from tools.tour.long import play_long
from tools.tour.matching import match_from_deck
from tools.tour.posting import post_with_photo
from tools.tour.push_log import PushLog
from tools.tour.pushes import show_pushes
from tools.tour.screen import Screen, coloured

RUN = Path(__file__).resolve().parents[2] / ".local" / "run"


def url_of_bin_run() -> str:
    """Where bin/run of this checkout serves, as it wrote down; empty when it never ran."""
    file = RUN / "env"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    found = [line.removeprefix("export PUBLIC_URL=") for line in lines if line.startswith("export PUBLIC_URL=")]
    return shlex.split(found[0])[0] if found else ""


async def play(screen: Screen, url: str, log: Path | None, *, is_long: bool = False) -> None:
    """All acts in order."""
    async with gather_cast(screen, url, PushLog(log)) as cast:
        await arrive(cast)
        pickup = await post_with_photo(cast)
        await refuse_bad_input(cast, pickup["id"])
        match = await match_from_deck(cast, pickup)
        await chat(cast, match)
        await hand_over(cast, match, pickup)
        await let_her_choose(cast)
        await promote_the_runner_up(cast)
        await show_pushes(cast)
        if is_long:
            await play_long(cast)


def main() -> int:
    """Play; 0 when all was as it should be."""
    parser = argparse.ArgumentParser(prog="bin/tour", description="Play the main job against a running server.")
    own = url_of_bin_run()
    url = os.environ.get("PUBLIC_URL") or own or "http://127.0.0.1:8000"
    parser.add_argument("url", nargs="?", default=url, help=f"the server's address ({url})")
    parser.add_argument("--worker-log", type=Path, help="where its worker prints pushes (bin/run's own)")
    parser.add_argument("--long", action="store_true", help="then all that goes wrong at a door, too")
    given = parser.parse_args()
    log = given.worker_log or (RUN / "log" / "worker.log" if given.url == own else None)
    screen = Screen()
    screen.write(f"{coloured('Tinder for Trash', 'bold', 'green')}, a tour of {given.url}")
    return _outcome(screen, given.url, log, is_long=given.long)


def _outcome(screen: Screen, url: str, log: Path | None, *, is_long: bool) -> int:
    started = time.monotonic()
    try:
        asyncio.run(play(screen, url, log, is_long=is_long))
    except Differs as difference:
        screen.write(f"\n{coloured('Differs', 'bold', 'red')}: {difference.what}")
        screen.write(f"  expected: {difference.expected}\n  actual:   {difference.actual}")
        return 1
    except LookupError as error:
        traceback.print_exc()
        screen.write(f"\n{coloured('Differs', 'bold', 'red')}: an answer without {error}; above is where it was wanted")
        return 1
    except (httpx.HTTPError, OSError) as error:
        screen.write(f"\nNo answer from {url} ({error}). Is bin/run running?")
        return 2
    took = f"{screen.steps} steps in {time.monotonic() - started:.1f} s"
    screen.write(f"\n{coloured('All as it should be', 'bold', 'green')}: {took}. ทุกอย่างเป็นไปตามที่ควร")
    return 0


if __name__ == "__main__":
    sys.exit(main())
