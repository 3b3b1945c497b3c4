"""The realtime process as operators start it, for tests that stop it or measure its memory."""

import os
import socket as sockets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from tests.waits import wait_until
from tools.ports import free_port

WEBSOCKET = "chat.consumers.uvicorn_websocket:BoundedWebSocket"
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running_process(redis_prefix: str, port: int = 0, /, **more: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`uvicorn backend.asgi:application` as operators start it, on the test's database; and its `host:port`.

    Without `port`, at one that is free.
    """
    port = port or free_port()
    ours = {"POSTGRES_DB": connection.settings_dict["NAME"], "REDIS_PREFIX": redis_prefix}
    environment = os.environ | ours | {"PUBLIC_URL": f"http://127.0.0.1:{port}"} | more
    command = [sys.executable, "-m", "uvicorn", "backend.asgi:application", "--port", str(port), "--ws", WEBSOCKET]
    process = subprocess.Popen([*command, "--timeout-graceful-shutdown", "3"], cwd=ROOT, env=environment)
    try:
        wait_until(lambda: is_listening(port), patience_s=180)
        yield process, f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def is_listening(port: int) -> bool:
    with sockets.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0
