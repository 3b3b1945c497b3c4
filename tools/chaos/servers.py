"""The servers of one run, which can be killed and start again: PostgreSQL, Redis, and the processes of the Procfile."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tools.fcm.server import Answer, FcmServer, write_account
from tools.fcm.users import PROJECT
from tools.ports import free_port

RESTART_S = 30
CHUNK = 65_536
READY_S = 60
STOCK = (
    "uvicorn tools.stock_channels.consumers:application --host 127.0.0.1 --port ${REALTIME_PORT}"
    " --ws-per-message-deflate false"
)
ROOT = Path(__file__).resolve().parents[2]


def command_of(process: str) -> str:
    """Return the command line of the Procfile, on loopback only."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    command = next(line.split(":", 1)[1] for line in lines if line.startswith(f"{process}:"))
    return command.replace("0.0.0.0", "127.0.0.1").strip()


class Process:
    """A process that is started again whenever it ends, as systemd does."""

    def __init__(self, command: str, environment: Mapping[str, str], log: Path) -> None:
        self._command, self._log = command, log
        path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        self._environment = {**os.environ, **path, **environment}
        self._popen: subprocess.Popen[bytes] | None = None

    async def keep_running(self) -> None:
        """Start it, and start it again whenever it ends."""
        while True:
            if self._popen is None or self._popen.poll() is not None:
                self._start()
            await asyncio.sleep(0.05)

    def kill(self) -> None:
        """Send SIGKILL to the process alone."""
        assert self._popen
        self._popen.kill()

    def kill_worker(self) -> None:
        """Send SIGKILL to its youngest child."""
        assert self._popen
        os.kill(children_of(self._popen.pid)[-1], signal.SIGKILL)

    def stop(self) -> None:
        """Send SIGTERM, and after three seconds SIGKILL to its group."""
        if self._popen is None:
            return
        self._popen.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(3)
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._popen = subprocess.Popen(
                ["bash", "-c", f"exec {self._command}"],
                cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip


def children_of(pid: int) -> list[int]:
    """Return the child processes without Python's resource tracker."""
    found = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    rows = [line.split(None, 1) for line in found.stdout.splitlines()]
    return sorted(int(row[0]) for row in rows if "resource_tracker" not in row[1])


def run_quietly(*command: str) -> None:
    """Run a short command. Raises RuntimeError with its output when it fails."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if ran.returncode:
        raise RuntimeError(f"{command[0]}: {ran.stdout}{ran.stderr}")


def variables_in(file: Path) -> dict[str, str]:
    """Return the variables of the `export NAME=value` lines in a file."""
    return dict(re.findall(r'^export (\w+)="?([^"\n]*)"?$', file.read_text(), re.MULTILINE))


class Postgres:
    """`bin/postgres` with fsync on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.variables: dict[str, str] = {}

    def start(self) -> None:
        """Start it, with retries: after a kill the remains of the old one can prevent it for a moment."""
        deadline = time.monotonic() + RESTART_S
        while True:
            try:
                run_quietly(str(ROOT / "bin/postgres"), "start", str(self._folder))
                break
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        self.variables = variables_in(self._folder / "env.postgres")

    def stop(self) -> None:
        """Stop it as an operator does."""
        run_quietly(str(ROOT / "bin/postgres"), "stop", str(self._folder))

    def remove(self) -> None:
        """Stop it, and delete its data."""
        run_quietly(str(ROOT / "bin/postgres"), "remove", str(self._folder))

    def kill(self) -> None:
        """Send SIGKILL to the postmaster; its sessions end later."""
        os.kill(self._postmaster, signal.SIGKILL)

    def kill_with_sessions(self) -> None:
        """Send SIGKILL to all processes, because a session can store rows after the postmaster was killed."""
        sessions = children_of(self._postmaster)
        self.kill()
        for session in sessions:
            with suppress(ProcessLookupError):
                os.kill(session, signal.SIGKILL)

    @property
    def _postmaster(self) -> int:
        return int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])

    async def kill_and_start(self) -> None:
        """Kill it and start it again."""
        self.kill()
        await asyncio.to_thread(self.start)

    def connect(self, database: str | None = None) -> "psycopg.Connection[tuple[object, ...]]":
        """Return an autocommitting connection."""
        return psycopg.connect(self.conninfo(database), autocommit=True)

    def conninfo(self, database: str | None = None) -> str:
        """Return the connection string of a database, by default that of the service."""
        v = self.variables
        return f"host={v['POSTGRES_HOST']} user={v['POSTGRES_USER']} dbname={database or v['POSTGRES_DB']}"

    def read_data_directory(self) -> None:
        """Store where its data are, which a killed server cannot tell."""
        with self.connect() as connection:
            row = connection.execute("SELECT current_setting('data_directory'), current_setting('fsync')").fetchone()
        assert row
        assert row[1] == "on", "a kill proves nothing about a PostgreSQL without fsync"
        self._data = Path(str(row[0]))


class Redis:
    """`bin/redis`, which keeps nothing over a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(self) -> None:
        """Start it."""
        run_quietly(str(ROOT / "bin/redis"), "start", str(self._folder))

    @property
    def socket(self) -> str:
        """Return the path of its unix socket."""
        return variables_in(self._folder / "env.redis")["REDIS_URL"].removeprefix("unix://").split("?")[0]

    def kill(self) -> None:
        """Send SIGKILL."""
        os.kill(int((self._folder / "redis" / "redis.pid").read_text()), signal.SIGKILL)

    async def kill_and_start(self) -> None:
        """Kill it and start it again."""
        self.kill()
        await asyncio.sleep(0.3)
        await asyncio.to_thread(self.start)


class Proxy:
    """Listens on a free local port and forwards to a unix socket: `async with Proxy(socket) as proxy`."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self.port = 0
        self.delay_s = 0.0
        self.drops = False

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self.cut()
        self._server.close()

    def cut(self) -> None:
        """Abort every connection, with the data in transit."""
        for writer in tuple(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if self.drops:
                await self._pump(reader, writer)
                return
            target_reader, target_writer = await asyncio.open_unix_connection(self._target)
            self._open.add(target_writer)
            try:
                back = asyncio.create_task(self._pump(target_reader, writer))
                await self._pump(reader, target_writer)
                back.cancel()
            finally:
                self._abort(target_writer)
        except OSError:
            pass  # Redis is down
        finally:
            self._abort(writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if self.drops:
                    continue
                await asyncio.sleep(self.delay_s)
                writer.write(data)
                await writer.drain()
        self._abort(writer)

    def _abort(self, writer: asyncio.StreamWriter) -> None:
        self._open.discard(writer)
        writer.transport.abort()


class Firebase(FcmServer):
    """Accepts every push. It discards those to the addresses in `loses`, so that the control has lost pushes."""

    def __init__(self) -> None:
        super().__init__()
        self.loses: set[str] = set()

    def answer_of(self, message: dict[str, Any], authorization: str) -> Answer:
        """Accept the push."""
        answer = super().answer_of(message, authorization)
        if message.get("token") in self.loses:
            self.sent.remove(message)
        return answer

    @property
    def ids(self) -> set[str]:
        """The ids of all pushes that arrived: their message ids begin with them."""
        return {message["data"]["message_id"].rpartition("-")[0] for message in list(self.sent)}


@dataclass
class Addresses:
    """The addresses of the servers."""

    web: str
    realtime: str


@dataclass
class Servers:
    """All servers of a run. The stock consumer has neither web process nor worker."""

    postgres: Postgres
    redis: Redis
    proxy: Proxy
    addresses: Addresses
    realtime: Process
    web: Process | None = None
    worker: Process | None = None
    fcm: Firebase | None = None


@asynccontextmanager
async def run_service(folder: Path, postgres: Postgres, redis: Redis, **more_variables: str) -> AsyncIterator[Servers]:
    """Run web, realtime and worker of the Procfile, and a local Firebase."""
    web, realtime = free_port(), free_port()
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(Proxy(redis.socket))
        fcm = Firebase()
        stack.enter_context(fcm)
        variables = _variables(folder, fcm, proxy) | {"PORT": str(web), "REALTIME_PORT": str(realtime)}
        variables |= more_variables
        processes = [
            Process(command_of(name), variables, folder / f"{name}.log") for name in ("web", "realtime", "worker")
        ]
        await _keep_running(stack, processes)
        await _wait_for_response(f"http://127.0.0.1:{web}/healthz")
        await _wait_for_response(f"http://127.0.0.1:{realtime}/healthz")
        addresses = Addresses(f"http://127.0.0.1:{web}", f"ws://127.0.0.1:{realtime}/ws/v1/")
        yield Servers(postgres, redis, proxy, addresses, processes[1], processes[0], processes[2], fcm)


def _variables(folder: Path, fcm: Firebase, proxy: Proxy) -> dict[str, str]:
    """Return variables with short heartbeats and waits, to save time, and without limits that would stop the load."""
    return {
        "REDIS_URL": f"redis://127.0.0.1:{proxy.port}/0",
        "HEARTBEAT_S": "2",
        "PUSH_WAIT_S": "1",
        "PUSH_BACKEND": "fcm",
        "FIREBASE_PROJECT_ID": PROJECT,
        "GOOGLE_APPLICATION_CREDENTIALS": str(write_account(folder / "account.json", token_uri=f"{fcm.url}/token")),
        "FCM_ENDPOINT": fcm.url,
        # google-auth would contact Google about the local account; nothing is to leave this machine.
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "RATE_WRITE": "1000000/minute",
        "RATE_READ": "1000000/minute",
        "LONG_POLLS_MAX": "8",
        "SOCKETS_SESSION_MAX": "1000",
        "SOCKETS_MAX": "1000",
    }


@asynccontextmanager
async def run_stock(folder: Path, postgres: Postgres, redis: Redis) -> AsyncIterator[Servers]:
    """Run one uvicorn with the stock consumer."""
    realtime = free_port()
    with postgres.connect() as connection:
        connection.execute(
            "CREATE TABLE stock_message (id bigserial PRIMARY KEY, room text NOT NULL, client_id text NOT NULL)"
        )
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(Proxy(redis.socket))
        variables = {
            "DJANGO_SETTINGS_MODULE": "tools.stock_channels.settings",
            "REDIS_URL": f"redis://127.0.0.1:{proxy.port}/0",
            "REALTIME_PORT": str(realtime),
        }
        process = Process(STOCK, variables, folder / "stock.log")
        await _keep_running(stack, [process])
        await _wait_for_response(f"http://127.0.0.1:{realtime}/")
        yield Servers(postgres, redis, proxy, Addresses("", f"ws://127.0.0.1:{realtime}/ws/chat/"), process)


async def _keep_running(stack: AsyncExitStack, processes: list[Process]) -> None:
    tasks = [asyncio.create_task(process.keep_running()) for process in processes]

    async def stop() -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*(asyncio.to_thread(process.stop) for process in processes))

    stack.push_async_callback(stop)


async def _wait_for_response(url: str) -> None:
    """Wait until the URL responds with any status."""
    deadline = time.monotonic() + READY_S
    async with httpx.AsyncClient() as client:
        while time.monotonic() < deadline:
            try:
                await client.get(url)
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
            else:
                return
    raise RuntimeError(f"no response from {url}; see the logs beside the data")


def start_databases(folder: Path) -> tuple[Postgres, Redis]:
    """Start PostgreSQL and Redis, and set their variables in the environment of this process."""
    postgres, redis = Postgres(folder), Redis(folder)
    postgres.start()
    postgres.read_data_directory()
    redis.start()
    os.environ.update(postgres.variables)
    os.environ["REDIS_URL"] = f"unix://{redis.socket}?db=0"
    return postgres, redis
