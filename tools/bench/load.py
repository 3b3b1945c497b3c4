"""A small HTTP load generator: keep-alive connections on one event loop, with prepared requests.

It costs about 40 microseconds per request. Each result tells the share of one core that the generator took, because on
a small machine the server lacks it.
"""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import uvloop

TIMEOUT_S = 60
END_OF_HEAD = b"\r\n\r\n"


@dataclass
class Load:
    """The responses: `latencies_s` has one entry per response after the warm-up."""

    seconds: float
    latencies_s: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    client_share: float = 0.0

    @property
    def rate(self) -> float:
        """Responses per second."""
        return len(self.latencies_s) / self.seconds

    @property
    def p99_ms(self) -> float:
        """The 99th percentile."""
        return statistics.quantiles(self.latencies_s, n=100)[98] * 1000

    @property
    def note(self) -> str:
        """The statuses and the cost of the generator, for a row."""
        statuses = ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))
        return f"{statuses}; the load generator took {self.client_share:.0%} of a core"


def request_bytes(
    method: str, path: str, token: str | None = None, body: bytes = b"", *, scheme: str = "Bearer"
) -> bytes:
    """Return one HTTP/1.1 request, ready to send."""
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json", f"Content-Length: {len(body)}"]
    if token:
        head.append(f"Authorization: {scheme} {token}")
    if body:
        head.append("Content-Type: application/json")
    return "\r\n".join(head).encode() + END_OF_HEAD + body


class _Connection(asyncio.Protocol):
    """Sends its requests one after the other, each when the last response is complete."""

    def __init__(self, requests: Iterator[bytes], load: Load, start_at: float, stop_at: float) -> None:
        self._requests, self._load, self._start_at, self._stop_at = requests, load, start_at, stop_at
        self._buffer = bytearray()
        self._sent_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send_next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(END_OF_HEAD)
        if end < 0 or len(self._buffer) < end + 4 + _length_in(self._buffer[:end]):
            return
        now = time.perf_counter()
        if self._start_at <= self._sent_at:
            self._load.latencies_s.append(now - self._sent_at)
            self._load.statuses[int(self._buffer[9:12])] += 1
        self._buffer.clear()
        if now < self._stop_at:
            self._send_next()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _send_next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


def _length_in(head: bytearray) -> int:
    """Return the Content-Length; 0 for 204, which has none. Raises ValueError without one."""
    at = head.lower().find(b"content-length:")
    if at < 0 and head[9:12] == b"204":
        return 0
    if at < 0:
        raise ValueError(f"a response without Content-Length: {bytes(head)!r}")
    return int(head[at + 15 :].split(b"\r\n", 1)[0])


async def _run(port: int, streams: Sequence[Iterable[bytes]], seconds: float, warm_up: float) -> Load:
    start_at = time.perf_counter() + warm_up
    load = Load(seconds=seconds)
    cpu_before, loop = time.process_time(), asyncio.get_running_loop()
    connections = []
    for stream in streams:
        protocol = partial(_Connection, iter(stream), load, start_at, start_at + seconds)
        _, connection = await loop.create_connection(protocol, "127.0.0.1", port)
        connections.append(connection)
    async with asyncio.timeout(warm_up + seconds + TIMEOUT_S):
        await asyncio.gather(*(connection.done for connection in connections))
    ended_at = time.perf_counter()
    load.client_share = (time.process_time() - cpu_before) / (ended_at - start_at + warm_up)
    # A stream of requests may end early.
    load.seconds = min(seconds, ended_at - start_at)
    return load


def run_load(port: int, streams: Sequence[Iterable[bytes]], *, seconds: float, warm_up: float = 1.0) -> Load:
    """Send each stream over a connection of its own for `seconds` after the warm-up."""
    return uvloop.run(_run(port, streams, seconds, warm_up))
