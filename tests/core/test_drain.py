"""After SIGTERM a server serves on until proxies have seen that it is not ready (deploy/start)."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from django.db import connection

from tests.chat.processes import is_listening
from tests.waits import PATIENCE_S, wait_until
from tools.ports import free_port

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
STOP_S = 25  # of the Procfile


@contextmanager
def started(name: str) -> Iterator[tuple["subprocess.Popen[bytes]", httpx.Client]]:
    """The process, which drains for longer than a test may last, and a client of it."""
    port = free_port()
    ours = {"POSTGRES_DB": connection.settings_dict["NAME"], "REDIS_PREFIX": f"test:drain{port}:", "DRAIN_S": "900"}
    ours |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "WEB_WORKERS": "1"}
    ours |= {"PORT": str(port), "REALTIME_PORT": str(port)}
    process = subprocess.Popen(["deploy/start", name], cwd=ROOT, env=os.environ | ours, start_new_session=True)
    try:
        wait_until(lambda: is_listening(port), patience_s=60)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
            yield process, client
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.parametrize("name", ["web", "realtime"])
def test_serves_while_it_is_not_ready(name: str) -> None:
    with started(name) as (process, client):
        before = client.get("/readyz").status_code

        process.terminate()
        wait_until(lambda: client.get("/readyz").status_code == 503)
        draining, served = client.get("/readyz").json(), client.get("/api/v1/materials").status_code
        process.terminate()
        ended = process.wait(STOP_S + PATIENCE_S)

    assert (before, served) == (200, 200)
    assert (draining["code"], draining["checks"]) == ("not_ready", {"process": "draining"})
    assert ended in (0, 128 + signal.SIGTERM)


def test_ends_with_the_server() -> None:
    with started("realtime") as (process, _):
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True)

        os.kill(int(children.stdout), signal.SIGKILL)
        ended = process.wait(PATIENCE_S)

    assert ended == 128 + signal.SIGKILL
