"""`bin/drill overload`: the web process is offered three times what it can serve, in an open loop.

Prints how many requests a second succeed at the peak and under overload, which statuses the others got, and how long
`/healthz` took meanwhile.
"""

import asyncio
import statistics
import sys
import time
from collections import Counter
from itertools import cycle
from typing import cast

import django
import uvloop
from django.core.management import call_command

HOST = "127.0.0.1"
PATH = "/api/v1/matches"
SECONDS = 15
WARM_UP_S = 5
PATIENCE_S = 10
TICK_S = 0.001
# The drill fails below this share of the peak, and above this time of a health check.
GOODPUT_MIN = 0.9
HEALTH_P99_MS = 100
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Connection(asyncio.Protocol):
    """One kept connection; has at most one request under way."""

    def __init__(self, client: "Client") -> None:
        self._client = client
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if end and len(body) >= int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]):
            self._buffer = b""
            self._client.note(self, int(head[9:12]), time.perf_counter() - self._sent_at)


class Client:
    """Sends each request at its time, whether or not the earlier ones were answered.

    It costs little per request, because it takes its processor time from the server.
    """

    def __init__(self, port: int, request: bytes) -> None:
        self._port, self._request = port, request
        self._idle: list[Connection] = []
        self._sent = 0
        self.statuses: Counter[int] = Counter()
        self.latencies_s: list[float] = []

    async def offer(self, rate: float, seconds: float) -> None:
        started, opening = time.perf_counter(), set()
        while (passed_s := time.perf_counter() - started) < seconds:
            while self._sent < passed_s * rate:
                self._sent += 1
                if self._idle:
                    self._idle.pop().send(self._request)
                else:
                    opening.add(asyncio.create_task(self._open()))
            await asyncio.sleep(TICK_S)
        while len(self.latencies_s) < self._sent and time.perf_counter() - started < seconds + PATIENCE_S:  # noqa: ASYNC110
            await asyncio.sleep(TICK_S)
        self.statuses[0] = self._sent - len(self.latencies_s)

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: Connection(self), HOST, self._port)
        connection.send(self._request)

    def note(self, connection: Connection, status: int, seconds: float) -> None:
        """Count a response; its connection takes the next request."""
        self.statuses[status] += 1
        self.latencies_s.append(seconds)
        self._idle.append(connection)


async def overload(port: int, request: bytes, rate: float, seconds: float) -> tuple[Client, Client]:
    """Offer `rate` requests a second, and ten health checks a second beside them."""
    client, health = Client(port, request), Client(port, HEALTH)
    await asyncio.gather(client.offer(rate, seconds), health.offer(10, seconds))
    return client, health


def main() -> int:
    """Measure the peak in a closed loop, and then the overload."""
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("load_materials", verbosity=0)
    from tools.bench import servers
    from tools.bench.load import request_bytes, run_load
    from tools.bench.operations import make_account

    request = request_bytes("GET", PATH, make_account(20).person.token)
    with servers.web() as server:
        run_load(server.port, [cycle([request])] * 16, seconds=WARM_UP_S)
        peak = run_load(server.port, [cycle([request])] * 16, seconds=SECONDS)
        # Many threads at once: each opens its connection to PostgreSQL at its first request.
        uvloop.run(overload(server.port, request, peak.rate * 3, WARM_UP_S))
        ours = time.process_time()
        client, health = uvloop.run(overload(server.port, request, peak.rate * 3, SECONDS))
        share = (time.process_time() - ours) / SECONDS
    goodput = client.statuses[200] / SECONDS
    checks = [second * 1000 for second in statistics.quantiles(health.latencies_s, n=100)]
    print(f"peak {peak.rate:.0f}/s; offered {peak.rate * 3:.0f}/s; goodput {goodput:.0f}/s, {goodput / peak.rate:.2f}")
    print(f"answers {dict(client.statuses)}; 0 is none within {PATIENCE_S} s; the load took {share:.0%} of a core")
    print(f"/healthz p50 {checks[49]:.0f} ms, p99 {checks[98]:.0f} ms, {dict(health.statuses)}")
    return 0 if goodput >= GOODPUT_MIN * peak.rate and checks[98] <= HEALTH_P99_MS else 1


if __name__ == "__main__":
    sys.exit(main())
