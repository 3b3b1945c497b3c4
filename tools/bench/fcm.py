"""The local Firebase endpoint, and the rate at which the bare Admin SDK sends to it."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import firebase_admin
from firebase_admin import App, credentials, messaging
from requests.adapters import HTTPAdapter

from tools.fcm.server import PROJECT

MESSAGES = 1_500
WARM_UP = 100
CONNECTIONS = 500


@contextmanager
def endpoint(folder: str) -> Iterator[str]:
    """Run the endpoint in a process of its own, write its account into `folder`, and yield its address."""
    command = [sys.executable, "-m", "tools.fcm", "0", f"{folder}/account.json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def bare_rate(url: str, account: str) -> tuple[float, str]:
    """Return the messages per second of the fastest way to use the SDK from one process, and its name."""
    app = firebase_admin.initialize_app(credentials.Certificate(account), {"projectId": PROJECT}, "bench")
    service: Any = messaging._get_messaging_service(app)
    service._fcm_url = f"{url}/v1/projects/{PROJECT}/messages:send"
    # A connection for each thread of a batch; of more than the default ten, the others would be closed each time.
    service._client.session.mount(url, HTTPAdapter(pool_maxsize=CONNECTIONS, max_retries=0))
    ways: dict[str, Callable[[list[messaging.Message]], object]] = {
        "send_each, 100 at a time": lambda messages: _in_batches(app, messages, 100),
        "send_each, 500 at a time": lambda messages: _in_batches(app, messages, 500),
        "send in 32 threads": lambda messages: _in_threads(app, messages, 32),
        "send in 8 threads": lambda messages: _in_threads(app, messages, 8),
    }
    rates = {name: _rate(way) for name, way in ways.items()}
    print("    bare:  " + ", ".join(f"{name} {rate:.0f}/s" for name, rate in rates.items()), file=sys.stderr)
    fastest = max(rates, key=lambda name: rates[name])
    return rates[fastest], fastest


def _rate(way: Callable[[list[messaging.Message]], object]) -> float:
    notification = messaging.Notification(title="It is a match", body="Write to each other and agree on a time.")
    messages = [messaging.Message(token=f"bare-{number}", notification=notification) for number in range(MESSAGES)]
    way(messages[:WARM_UP])
    started = time.perf_counter()
    way(messages)
    return MESSAGES / (time.perf_counter() - started)


def _in_batches(app: App, messages: list[messaging.Message], size: int) -> None:
    for start in range(0, len(messages), size):
        messaging.send_each(messages[start : start + size], app=app)


def _in_threads(app: App, messages: list[messaging.Message], threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda message: messaging.send(message, app=app), messages))
