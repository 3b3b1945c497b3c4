"""The processes under measurement, started as a deployment starts them, and the stock peer beside them."""

import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.db import connection

from tools.bench.load import request_bytes
from tools.bench.people import Person
from tools.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
LOG = Path(os.environ.get("BENCH_LOG", os.devnull))
STOCK_SETTINGS = "tools.bench.stock.settings"
STOCK_PEER = (
    "the same task in tools/bench/stock (ModelSerializer, Distance ordering, throttle, token), same rows and server"
)
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") / 1024


@dataclass(frozen=True)
class Server:
    """A running server: its port, and the process that was started, which leads a group of its own."""

    port: int
    pid: int

    def cpu_s(self) -> float:
        """Return the processor seconds of all its processes so far."""
        ticks = 0
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == self.pid:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / _TICKS_PER_S

    def memory_kb(self) -> float:
        """Return the resident memory of its first process."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE_KB


@contextmanager
def web() -> Iterator[Server]:
    """Run the web process."""
    with _running(_command_of("web")) as server:
        yield server


@contextmanager
def bare() -> Iterator[Server]:
    """Run the server of the web process with an application that does nothing."""
    with web_with("tools.bench.bare_wsgi:application") as server:
        yield server


@contextmanager
def web_with(application: str) -> Iterator[Server]:
    """Run the server of the web process with another application."""
    options, _ = _command_of("web").rsplit(" ", 1)
    with _running(f"{options} {application}") as server:
        yield server


@contextmanager
def realtime(environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Run the realtime process."""
    with _running(_command_of("realtime"), environment) as server:
        yield server


@contextmanager
def command(command: str, environment: Mapping[str, str]) -> Iterator[Server]:
    """Run any other server that listens on the port in `PORT` or `REALTIME_PORT`."""
    with _running(command, environment) as server:
        yield server


@contextmanager
def worker(environment: Mapping[str, str]) -> Iterator[None]:
    """Run the worker process."""
    with _process(_command_of("worker"), environment):
        yield


@dataclass(frozen=True)
class Peer:
    """The running peer, and the token of each person by their user id."""

    server: Server
    tokens: dict[UUID, str]

    def get(self, person: Person, path: str) -> bytes:
        """Return a GET request of this person."""
        return request_bytes("GET", path, self.tokens[person.user.pk], scheme="Token")


@contextmanager
def stock(people: Sequence[Person]) -> Iterator[Peer]:
    """Run the peer, with a token for each of these people."""
    command = [sys.executable, "-m", "django", "migrate", "authtoken", "--skip-checks", "--verbosity=0"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": STOCK_SETTINGS}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=sys.stderr)
    tokens: dict[UUID, str] = {person.user.pk: secrets.token_hex(20) for person in people}
    with connection.cursor() as cursor:
        rows = [(token, user) for user, token in tokens.items()]
        cursor.executemany("INSERT INTO authtoken_token (key, user_id, created) VALUES (%s, %s, now())", rows)
        # The tutorials' PointField has an index; ours may have none on this column.
        cursor.execute("CREATE INDEX IF NOT EXISTS bench_location ON geo_pickup USING gist (location)")
        cursor.execute("ANALYZE geo_pickup")
    with web_with("tools.bench.stock.wsgi:application") as server:
        yield Peer(server, tokens)


def _command_of(process: str) -> str:
    """Return the command line of the Procfile, on loopback only."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    command = next(line.split(":", 1)[1] for line in lines if line.startswith(f"{process}:"))
    return command.replace("0.0.0.0", "127.0.0.1").strip()


@contextmanager
def _running(command: str, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    port = free_port()
    addresses = {"PORT": str(port), "REALTIME_PORT": str(port), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    with _process(command, {**addresses, **(environment or {})}) as process:
        _wait_for_response(f"http://127.0.0.1:{port}/healthz", process)
        yield Server(port, process.pid)


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


def _wait_for_response(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until the server responds with any status."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"no response from {url}; see {LOG}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Stop the whole group: granian's workers must not outlive it."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
