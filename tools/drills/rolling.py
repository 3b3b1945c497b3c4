"""`bin/drill rolling`: all processes are restarted in turn behind a proxy, while a thousand sockets are open.

Counts the requests that failed, and what the apps have missed after they came back.
"""

import argparse
import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import django
import httpx
from django.core.management import call_command

from tools.chaos.servers import ROOT, Addresses
from tools.ports import free_port

NAMES = ("web", "realtime", "worker")
EACH = 2
WRITERS = 20
BATCH = 50
# As docs/asyncapi.yaml describes.
JITTER_S = (0.0, 3.0)
PATIENCE_S = 20
# Longer than HAProxy needs to see that a process is back (check inter).
SETTLE_S = 3
STOP_S = 50


class Replica:
    """One of several processes of the same kind."""

    def __init__(self, name: str, folder: Path, number: int) -> None:
        self.name, self.port = name, free_port()
        self._log = folder / f"{name}-{number}.log"

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        ports = {"PORT": str(self.port), "REALTIME_PORT": str(self.port), "PATH": path}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["deploy/start", self.name],
                cwd=ROOT, env={**os.environ, **ports}, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 120
        while self.name != "worker" and not self._is_ready():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"{self.name} is not ready; see {self._log}")
            time.sleep(0.2)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> float:
        """Stop it as systemd does; returns the seconds that it took."""
        started = time.monotonic()
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        return time.monotonic() - started


def haproxy_text(replicas: list[Replica], port: int) -> str:
    """deploy/haproxy.cfg with these servers and without TLS; all clients of the drill have one address."""
    text = (ROOT / "deploy" / "haproxy.cfg").read_text()
    text = re.sub(r"bind :443.*", f"bind 127.0.0.1:{port}", text)
    text = re.sub(r"\nfrontend http\n.*?\n\n", "\n", text, flags=re.DOTALL)
    text = re.sub(r".*(track-sc0|sc0_conn_rate).*\n", "", text).replace("trash.example.org", "127.0.0.1")
    for name, first in (("web", "web1"), ("realtime", "realtime1")):
        line = re.search(rf"    server {first} \S+ check.*\n", text)
        assert line
        servers = [
            re.sub(rf"{first} \S+", f"{name}{number} 127.0.0.1:{replica.port}", line[0])
            for number, replica in enumerate((each for each in replicas if each.name == name), start=1)
        ]
        text = text.replace(line[0], "".join(servers))
    realtime = next(each for each in replicas if each.name == "realtime")
    return text.replace("127.0.0.1:8001 track", f"127.0.0.1:{realtime.port} track")


def nginx_text(replicas: list[Replica], port: int) -> str:
    """deploy/nginx.conf with these servers, one address for all clients, and without TLS."""
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    text = re.sub(r"listen 443.*", f"listen 127.0.0.1:{port};", text).replace(
        "access_log /dev/stdout", "access_log off; #"
    )
    text = re.sub(r".*(ssl_certificate|limit_conn |limit_req ).*\n", "", text)
    for name, first in (("web", 8000), ("realtime", 8001)):
        servers = "".join(f"server 127.0.0.1:{each.port}; " for each in replicas if each.name == name)
        text = re.sub(rf"server 127.0.0.1:{first};.*", servers, text)
    return f"daemon off; pid nginx.pid; error_log stderr;\n{text}"


PROXIES = {"haproxy": (haproxy_text, ["haproxy", "-f"]), "nginx": (nginx_text, ["nginx", "-p", ".", "-c"])}


@contextmanager
def running_proxy(name: str, folder: Path, replicas: list[Replica]) -> Iterator[int]:
    """Run the proxy of that name, and return its port."""
    text_for, command = PROXIES[name]
    port, file = free_port(), folder / f"{name}.conf"
    file.write_text(text_for(replicas, port))
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, str(file)], cwd=folder,
            env=os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin"}, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def main(arguments: list[str], folder: Path) -> int:
    parser = argparse.ArgumentParser(prog="bin/drill rolling")
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--proxy", choices=PROXIES, default="haproxy")
    options = parser.parse_args(arguments)
    del os.environ["POSTGRES_POOL"]
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("load_materials", verbosity=0)
    replicas = [Replica(name, folder, number) for name in NAMES for number in range(EACH)]
    with ExitStack() as stack:
        for replica in replicas:
            replica.start()
            stack.callback(replica.stop)
        port = stack.enter_context(running_proxy(options.proxy, folder, replicas))
        return asyncio.run(_play(replicas, port, options.sockets))


class Answers:
    """Counts the answers of the service and what came instead: broken connections, and refusals of the proxy."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.without_result = self.refused = 0

    @property
    def failed(self) -> int:
        """How many requests the service has not answered."""
        return self.counts["of the proxy"] + self.without_result - self.refused

    async def count(self, response: httpx.Response) -> None:
        is_ours = response.status_code < 500 or "problem+json" in response.headers.get("Content-Type", "")
        kind = "overloaded" if response.status_code == 503 else "answered"
        self.counts[kind if is_ours else "of the proxy"] += 1
        self.refused += response.status_code >= 500 or response.status_code == 429


async def _play(replicas: list[Replica], port: int, count: int) -> int:
    from tools.chaos.clients import Clients, Http, Person, SocketPhone, make_pair
    from tools.chaos.harness import running
    from tools.chaos.ledger import Ledger, Screen

    answers = Answers()

    class PatientHttp(Http):
        async def call(self, person: Person, method: str, path: str, timeout_s: float, **body: Any) -> Any:
            found = await super().call(person, method, path, PATIENCE_S, **body)
            answers.without_result += found is None
            return found

    ledger, addresses = Ledger(), Addresses(f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}/ws/v1/")
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=100)
    async with httpx.AsyncClient(limits=limits, event_hooks={"response": [answers.count]}) as client:
        http = PatientHttp(client, addresses)

        def make_phone(hold: str, person: Person, screen: Screen) -> SocketPhone:
            return SocketPhone(person, screen, http, addresses, JITTER_S)

        pairs = await asyncio.to_thread(lambda: [make_pair() for _ in range(count // 2)])
        clients = Clients([("socket", person) for pair in pairs for person in pair], ledger, make_phone)
        writers = clients.writers[:WRITERS]
        async with AsyncExitStack() as stack:
            for first in range(0, count, BATCH):
                await stack.enter_async_context(running(*clients.phones[first : first + BATCH]))
                await _all_open(clients.phones[: first + BATCH])
            await stack.enter_async_context(running(*writers))
            readers = [asyncio.create_task(_read(http, pair[0])) for pair in pairs[:WRITERS]]
            await _restart_all(replicas, clients, writers, answers)
            for task in readers:
                task.cancel()
            await asyncio.sleep(SETTLE_S)
    messages = ledger.messages(ledger.run)
    missed = [message for message in messages if not ledger.is_shown(message.reader, message.client_id)]
    resets = sum(screen.resets for screen in clients.screens)
    print(f"{count} sockets: {len(missed)} of {len(messages)} messages missed, {resets} resets")
    print(f"requests: {dict(answers.counts)}, {answers.failed} failed")
    return 1 if missed or answers.failed else 0


async def _all_open(phones: list[Any]) -> float:
    """Wait until all sockets are open; returns the seconds."""
    started = time.monotonic()
    while not all(phone.is_open for phone in phones):  # noqa: ASYNC110 - the phones run by themselves
        await asyncio.sleep(0.1)
    return time.monotonic() - started


async def _restart_all(replicas: list[Replica], clients: Any, writers: list[Any], answers: Answers) -> None:
    """Restart one after the other while they write; then let them finish."""
    for writer in writers:
        writer.may_write.set()
    for replica in replicas:
        stopped_s = await asyncio.to_thread(replica.stop)
        back_s = await _all_open(clients.phones)
        await asyncio.to_thread(replica.start)
        await asyncio.sleep(SETTLE_S)
        print(
            f"{replica.name}: stopped in {stopped_s:.1f} s, all sockets open {back_s:.1f} s later; "
            f"{dict(answers.counts)}, {answers.failed} failed",
            flush=True,
        )
    for writer in writers:
        writer.may_write.clear()
    await asyncio.gather(*(writer.is_idle.wait() for writer in writers))


async def _read(http: Any, person: Any) -> None:
    while True:
        await http.call(person, "GET", "/conversations", 10)
        await asyncio.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(os.environ["MEDIA_ROOT"]).parent))
