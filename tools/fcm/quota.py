"""Worker processes that send as many pushes as the shared quota allows to one local FCM server.

`python -m tools.fcm.quota` prints the highest number of messages in any minute. It needs the environment of a running
Redis (`.local/run/env` has one). With `--worker SECONDS` it is one of the worker processes.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from notifications.push.backends import PushMessage
from notifications.push.fcm import FcmBackend
from tools.fcm.server import FcmServer, write_account
from tools.fcm.users import PROJECT


def make_message(address: str = "phone", **fields: Any) -> PushMessage:
    """Return a push about a message in a conversation."""
    usual: dict[str, Any] = {
        "message_id": "17",
        "address": address,
        "address_kind": "token",
        "platform": "android",
        "title": "New message",
        "body": "You have 2 new messages.",
        "collapse_id": "conversation:1",
        "channel": "chat",
        "is_urgent": True,
        "ttl_s": 3600,
        "badge": 3,
        "link": "/conversations/1",
        "data": {"message_id": "17", "conversation": "1"},
    }
    return PushMessage(**usual | fields)


def send_from_workers(
    fcm: FcmServer, *, workers: int, seconds: float, limit: int, window_s: int, environment: Mapping[str, str]
) -> list[float]:
    """Return the arrival times of all messages, in order. Raises RuntimeError when a worker fails."""
    given = {
        "FCM_ENDPOINT": fcm.url,
        "PUSH_BACKEND": "fcm",
        "FCM_QUOTA": str(limit),
        "FCM_QUOTA_WINDOW_S": str(window_s),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "DJANGO_SETTINGS_MODULE": "backend.settings",
    }
    command = [sys.executable, "-W", "ignore", "-m", "tools.fcm.quota", "--worker", str(seconds)]
    running = [subprocess.Popen(command, env={**os.environ, **given, **environment}) for _ in range(workers)]
    if any(process.wait(seconds + 60) for process in running):
        raise RuntimeError("a worker failed")
    return sorted(fcm.arrivals)


def count_busiest_window(arrivals: list[float], window_s: float) -> int:
    """Return the highest number of these times in any window of that length."""
    most = first = 0
    for last, at in enumerate(arrivals):
        while arrivals[first] <= at - window_s:
            first += 1
        most = max(most, last - first + 1)
    return most


def _work(seconds: float) -> NoReturn:
    """Send as fast as the quota allows for so long, and end the process."""
    until, backend = time.monotonic() + seconds, FcmBackend()
    while time.monotonic() < until:
        list(backend.send([make_message(f"phone-{number}") for number in range(10)]))
    # A normal exit would wait for google-auth, which contacts Google about the account.
    os._exit(0)


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.fcm.quota", description="Count what the quota lets through.")
    parser.add_argument("--limit", type=int, default=600, help="messages a minute (600)")
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--worker", type=float, metavar="SECONDS", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        _work(given.worker)
    with tempfile.TemporaryDirectory() as folder, FcmServer() as fcm:
        account = write_account(Path(folder) / "account.json", token_uri=f"{fcm.url}/token")
        environment = {
            "FIREBASE_PROJECT_ID": PROJECT,
            "GOOGLE_APPLICATION_CREDENTIALS": str(account),
            "REDIS_PREFIX": f"quota-{os.getpid()}:",
        }
        arrivals = send_from_workers(
            fcm,
            workers=given.workers,
            seconds=given.seconds,
            limit=given.limit,
            window_s=60,
            environment=environment,
        )
    most = count_busiest_window(arrivals, 60)
    sys.stdout.write(
        f"{len(arrivals)} sent by {given.workers} workers; at most {most} in any 60 s; the quota is {given.limit}\n"
    )


if __name__ == "__main__":
    _main()
