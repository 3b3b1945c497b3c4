"""Redis on loopback for tests and drills: one, a master with a replica and Sentinels, a cluster; also with TLS."""

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
CURVE = "ec_paramgen_curve:prime256v1"
# How long a master must be silent before a Sentinel takes it for dead.
DOWN_AFTER_MS = 500


@dataclass(frozen=True)
class Tls:
    """A certificate for 127.0.0.1 that is its own authority."""

    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> "Tls":
        """Write a new one into the folder."""
        made = cls(folder / "tls.pem", folder / "tls.key")
        subject = ["-subj", "/CN=redis", "-addext", f"subjectAltName=IP:{HOST}", "-days", "2"]
        files = ["-keyout", str(made.key), "-out", str(made.certificate)]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", CURVE, "-nodes", *subject, *files],
            check=True,
            capture_output=True,
        )
        return made

    def server_options(self, port: int) -> list[str]:
        files = [
            "--tls-cert-file",
            self.certificate,
            "--tls-key-file",
            self.key,
            "--tls-ca-cert-file",
            self.certificate,
        ]
        among = ["--tls-replication", "yes", "--tls-cluster", "yes", "--tls-auth-clients", "no"]
        return ["--port", "0", "--tls-port", str(port), *map(str, files), *among]


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
def single(folder: Path, tls: Tls | None = None) -> Iterator[Servers]:
    """A single server."""
    with ExitStack() as stack:
        group = _Group(folder, tls, stack)
        port = group.start()
        yield group.servers(f"://{HOST}:{port}/0")


@contextmanager
def sentinels(folder: Path, tls: Tls | None = None) -> Iterator[Servers]:
    """A master, a replica and three Sentinels that agree on who is master."""
    with ExitStack() as stack:
        group = _Group(folder, tls, stack)
        master = group.start()
        replica = group.start("--replicaof", HOST, str(master))
        _wait_until(lambda: "'master_link_status': 'up'" in str(group.client(replica).info("replication")))
        watchers = [group.start_sentinel(master) for _ in range(SENTINELS)]
        for port in watchers:
            _wait_until(partial(_is_known, group.client(port)))
        yield group.servers(f"+sentinel://{','.join(f'{HOST}:{port}' for port in watchers)}/{MASTER}/0")


@contextmanager
def cluster(folder: Path, tls: Tls | None = None) -> Iterator[Servers]:
    """Three masters, which share the keys, and a replica of each."""
    with ExitStack() as stack:
        group = _Group(folder, tls, stack)
        ports: list[int] = []
        for _ in range(6):
            options = ["--cluster-enabled", "yes", "--cluster-port", str(free_port()), "--cluster-node-timeout", "2000"]
            ports.append(group.start(*options, "--cluster-config-file", f"nodes-{len(ports)}.conf"))
        hosts = [f"{HOST}:{port}" for port in ports]
        create = ["redis-cli", *group.cli_options, "--cluster", "create", *hosts, "--cluster-replicas", "1"]
        subprocess.run([*create, "--cluster-yes"], check=True, stdout=subprocess.DEVNULL)
        for port in ports:
            _wait_until(partial(_is_whole, group.client(port)))
        yield group.servers(f"+cluster://{','.join(hosts)}")


class _Group:
    """Servers of one kind, which end with `stack`."""

    def __init__(self, folder: Path, tls: Tls | None, stack: ExitStack) -> None:
        self._folder, self._tls, self._stack = folder, tls, stack
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.cli_options = ["--tls", "--cacert", str(tls.certificate)] if tls else []

    def servers(self, place: str) -> Servers:
        """All that were started; `place` is the address behind the word redis or rediss."""
        ending = f"?ssl_ca_certs={self._tls.certificate}" if self._tls else ""
        return Servers(f"{'rediss' if self._tls else 'redis'}{place}{ending}", self._processes)

    def client(self, port: int) -> "redis.Redis":
        tls: dict[str, Any] = {"ssl": True, "ssl_ca_certs": str(self._tls.certificate)} if self._tls else {}
        return redis.Redis(host=HOST, port=port, socket_timeout=1, decode_responses=True, **tls)

    def start(self, *options: str) -> int:
        """Start a server, and wait until it answers. Returns its port."""
        port = free_port()
        self._processes[port] = self._run(port, *options)
        _wait_until(self.client(port).ping)
        return port

    def start_sentinel(self, master: int) -> int:
        port = free_port()
        file = self._folder / f"sentinel-{port}.conf"
        file.write_text(
            f"sentinel monitor {MASTER} {HOST} {master} 2\n"
            f"sentinel down-after-milliseconds {MASTER} {DOWN_AFTER_MS}\n"
            f"sentinel failover-timeout {MASTER} 3000\n"
        )
        self._run(port, "--sentinel", config=file)
        return port

    def _run(self, port: int, *options: str, config: Path | None = None) -> "subprocess.Popen[bytes]":
        ports = self._tls.server_options(port) if self._tls else ["--port", str(port)]
        command = [
            "redis-server",
            *([str(config)] if config else []),
            *ports,
            "--bind",
            HOST,
            "--dir",
            str(self._folder),
        ]
        command += ["--save", "", "--repl-diskless-sync-delay", "0", "--logfile", str(self._folder / f"{port}.log")]
        process = subprocess.Popen([*command, *options])
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process


def _is_known(sentinel: "redis.Redis") -> bool:
    """Whether this Sentinel knows the replica and the other Sentinels."""
    state: Any = sentinel.sentinel_master(MASTER)  # type: ignore[no-untyped-call]
    return bool(state["num-slaves"] == 1 and state["num-other-sentinels"] == SENTINELS - 1)


def _is_whole(node: "redis.Redis") -> bool:
    """Whether the cluster serves, and this node has, if it is a replica, all that its master has."""
    state: Any = node.cluster("info")
    replication: Any = node.info("replication")
    nodes: Any = node.cluster("nodes")
    replicas = sum("slave" in str(each["flags"]) for each in nodes.values())
    is_in_sync = replication.get("master_link_status", "up") == "up"
    return bool(state["cluster_state"] == "ok" and replicas == 3 and is_in_sync)


def _wait_until(is_done: Callable[[], object]) -> None:
    """A server that does not answer yet is not done."""

    def is_answered() -> bool:
        with suppress(redis.RedisError):
            return bool(is_done())
        return False

    wait_until(is_answered)
