"""Several worker processes send all they may to one endpoint, which counts: `python -m tools.fcm.quota_play`.

Prints the most that any window of a minute saw. Needs the environment of a running Redis (`.local/run/env` has one).
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools.fcm.account import PROJECT, write_account
from tools.fcm.server import FcmServer


def send_all_they_may(
    fcm: FcmServer, *, workers: int, seconds: float, limit: int, window_s: int, environment: Mapping[str, str]
) -> list[float]:
    """When each message arrived, in order. Raises RuntimeError when a worker fails."""
    given = {
        "FCM_ENDPOINT": fcm.url,
        "PUSH_BACKEND": "fcm",
        "FCM_QUOTA": str(limit),
        "FCM_QUOTA_WINDOW_S": str(window_s),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "DJANGO_SETTINGS_MODULE": "backend.settings",
    }
    command = [sys.executable, "-W", "ignore", "-m", "tools.fcm.quota_worker", str(seconds)]
    running = [subprocess.Popen(command, env={**os.environ, **given, **environment}) for _ in range(workers)]
    if any(process.wait(seconds + 60) for process in running):
        raise RuntimeError("a worker failed")
    return sorted(fcm.arrivals)


def most_in_a_window(arrivals: list[float], window_s: float) -> int:
    """The most of these times that any window of that length holds."""
    most = first = 0
    for last, at in enumerate(arrivals):
        while arrivals[first] <= at - window_s:
            first += 1
        most = max(most, last - first + 1)
    return most


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.fcm.quota_play", description="Count what a quota lets by.")
    parser.add_argument("--limit", type=int, default=600, help="messages a minute (600)")
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--workers", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, FcmServer() as fcm:
        account = write_account(Path(folder) / "account.json", token_uri=f"{fcm.url}/token")
        environment = {
            "FIREBASE_PROJECT_ID": PROJECT,
            "GOOGLE_APPLICATION_CREDENTIALS": str(account),
            "REDIS_PREFIX": f"quota-play-{os.getpid()}:",
        }
        arrivals = send_all_they_may(
            fcm,
            workers=given.workers,
            seconds=given.seconds,
            limit=given.limit,
            window_s=60,
            environment=environment,
        )
    most = most_in_a_window(arrivals, 60)
    sys.stdout.write(f"{len(arrivals)} sent by {given.workers} workers; at most {most} in any 60 s, of {given.limit}\n")


if __name__ == "__main__":
    _main()
