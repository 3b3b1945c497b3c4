"""Several Redis servers on loopback for tests and drills: a master with a replica and Sentinels, and a cluster."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import redis

from tests.waits import wait_until
from tools.ports import free_port

HOST = "127.0.0.1"
MASTER = "city"
SENTINELS = 3
# How long a master must be silent before a Sentinel takes it for dead.
DOWN_AFTER_MS = 500


@dataclass(frozen=True)
class Servers:
    """How the service reaches them, and their processes by port; the master is the first."""

    url: str
    processes: dict[int, "subprocess.Popen[bytes]"]

    def kill_first(self) -> None:
        """Send SIGKILL to the first of them."""
        process = next(iter(self.processes.values()))
        process.kill()
        process.wait()


@contextmanager
def sentinels(folder: Path) -> Iterator[Servers]:
    """A master, a replica and three Sentinels that agree on who is master."""
    with ExitStack() as stack:
        master, replica = free_port(), free_port()
        watchers: list[int] = []
        processes = {master: stack.enter_context(_running(folder, master))}
        _wait_until(lambda: _client(master).ping())
        processes[replica] = stack.enter_context(_running(folder, replica, "--replicaof", HOST, str(master)))
        _wait_until(lambda: "'master_link_status': 'up'" in str(_client(replica).info("replication")))
        for _ in range(SENTINELS):
            port = free_port()
            file = folder / f"sentinel-{port}.conf"
            file.write_text(
                f"sentinel monitor {MASTER} {HOST} {master} 2\n"
                f"sentinel down-after-milliseconds {MASTER} {DOWN_AFTER_MS}\n"
                f"sentinel failover-timeout {MASTER} 3000\n"
            )
            stack.enter_context(_running(folder, port, config=file))
            watchers.append(port)
        for port in watchers:
            _wait_until(partial(_is_known, port))
        hosts = ",".join(f"{HOST}:{port}" for port in watchers)
        yield Servers(f"redis+sentinel://{hosts}/{MASTER}/0", processes)


@contextmanager
def cluster(folder: Path) -> Iterator[Servers]:
    """Three masters, which share the keys."""
    with ExitStack() as stack:
        ports = [free_port() for _ in range(3)]
        processes = {}
        for port in ports:
            options = ["--cluster-enabled", "yes", "--cluster-config-file", f"nodes-{port}.conf"]
            options += ["--cluster-port", str(free_port()), "--cluster-node-timeout", "2000"]
            processes[port] = stack.enter_context(_running(folder, port, *options))
            _wait_until(_client(port).ping)
        hosts = [f"{HOST}:{port}" for port in ports]
        subprocess.run(
            ["redis-cli", "--cluster", "create", *hosts, "--cluster-yes"], check=True, stdout=subprocess.DEVNULL
        )
        for port in ports:
            _wait_until(partial(_is_whole, port))
        yield Servers(f"redis+cluster://{','.join(hosts)}", processes)


@contextmanager
def _running(folder: Path, port: int, *options: str, config: Path | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    """One server; with a configuration it is a Sentinel."""
    command = ["redis-server", *([str(config)] if config else []), "--port", str(port), "--bind", HOST]
    command += ["--dir", str(folder), "--save", "", "--appendonly", "no", "--logfile", str(folder / f"{port}.log")]
    process = subprocess.Popen([*command, *options, *(["--sentinel"] if config else [])])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _client(port: int) -> "redis.Redis":
    return redis.Redis(host=HOST, port=port, socket_timeout=1, decode_responses=True)


def _is_known(port: int) -> bool:
    """Whether this Sentinel knows the replica and the other Sentinels."""
    state: Any = _client(port).sentinel_master(MASTER)  # type: ignore[no-untyped-call]
    return bool(state["num-slaves"] == 1 and state["num-other-sentinels"] == SENTINELS - 1)


def _is_whole(port: int) -> bool:
    state: Any = _client(port).cluster("info")
    return bool(state["cluster_state"] == "ok")


def _wait_until(is_done: Callable[[], object]) -> None:
    """A server that does not answer yet is not done."""

    def is_answered() -> bool:
        with suppress(redis.RedisError):
            return bool(is_done())
        return False

    wait_until(is_answered)
