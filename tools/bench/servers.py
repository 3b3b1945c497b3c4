"""The processes that are measured, started as a deployment starts them."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOG = Path(os.environ.get("BENCH_LOG", os.devnull))


@contextmanager
def web(application: str = "backend.web:application") -> Iterator[int]:
    """The web process, or the same server with another application; yields its port once it answers."""
    with _running(_command_of("web").replace("backend.web:application", application)) as port:
        yield port


@contextmanager
def realtime(environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """The realtime process, perhaps with more in its environment; yields its port."""
    with _running(_command_of("realtime"), environment) as port:
        yield port


@contextmanager
def command(command: str, environment: Mapping[str, str]) -> Iterator[int]:
    """Any other server, told by `PORT` or `REALTIME_PORT` where to listen; yields its port."""
    with _running(command, environment) as port:
        yield port


@contextmanager
def worker(environment: Mapping[str, str]) -> Iterator[None]:
    """The worker process, with more in its environment."""
    with _process(_command_of("worker"), environment):
        yield


def _command_of(process: str) -> str:
    """The Procfile's own line, on loopback only."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    command = next(line.split(":", 1)[1] for line in lines if line.startswith(f"{process}:"))
    return command.replace("0.0.0.0", "127.0.0.1").strip()


@contextmanager
def _running(command: str, environment: Mapping[str, str] | None = None) -> Iterator[int]:
    port = _free_port()
    addresses = {"PORT": str(port), "REALTIME_PORT": str(port), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    with _process(command, {**addresses, **(environment or {})}) as process:
        _wait_for_answer(f"http://127.0.0.1:{port}/healthz", process)
        yield port


@contextmanager
def _process(command: str, environment: Mapping[str, str]) -> "Iterator[subprocess.Popen[bytes]]":
    path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    with LOG.open("ab") as log:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=ROOT, env={**os.environ, **path, **environment}, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        _stop(process)


def _wait_for_answer(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"no answer from {url}; see {LOG}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """The whole group: granian's workers must not outlive it."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
