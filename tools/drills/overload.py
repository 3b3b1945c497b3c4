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

import django
from django.core.management import call_command

HOST = "127.0.0.1"
PATH = "/api/v1/matches"
SECONDS = 15
PATIENCE_S = 10
# The drill fails below this share of the peak, and above this time of a health check.
GOODPUT_MIN = 0.9
HEALTH_P99_MS = 100
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Client:
    """Sends requests on kept connections, each at its time, whether or not the earlier ones were answered."""

    def __init__(self, port: int, request: bytes) -> None:
        self._port, self._request = port, request
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.statuses: Counter[int] = Counter()
        self.latencies_s: list[float] = []

    async def offer(self, rate: float, seconds: float) -> None:
        started, tasks = time.perf_counter(), []
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0, started + number / rate - time.perf_counter()))
            tasks.append(asyncio.create_task(self.send()))
        await asyncio.gather(*tasks)

    async def send(self) -> None:
        sent_at = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE_S):
                status = await self._exchange()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            status = 0
        self.statuses[status] += 1
        self.latencies_s.append(time.perf_counter() - sent_at)

    async def _exchange(self) -> int:
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection(HOST, self._port)
        writer.write(self._request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
        self._idle.append((reader, writer))
        return int(head[9:12])


async def overload(port: int, request: bytes, rate: float) -> tuple[Client, Client]:
    """Offer `rate` requests a second, and ten health checks a second beside them."""
    client, health = Client(port, request), Client(port, HEALTH)
    await asyncio.gather(client.offer(rate, SECONDS), health.offer(10, SECONDS))
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
        run_load(server.port, [cycle([request])] * 16, seconds=3)
        peak = run_load(server.port, [cycle([request])] * 16, seconds=SECONDS)
        client, health = asyncio.run(overload(server.port, request, peak.rate * 3))
    goodput = client.statuses[200] / SECONDS
    checks = [second * 1000 for second in statistics.quantiles(health.latencies_s, n=100)]
    print(f"peak {peak.rate:.0f}/s; offered {peak.rate * 3:.0f}/s; goodput {goodput:.0f}/s, {goodput / peak.rate:.2f}")
    print(f"answers {dict(client.statuses)}; 0 is none within {PATIENCE_S} s")
    print(f"/healthz p50 {checks[49]:.0f} ms, p99 {checks[98]:.0f} ms, {dict(health.statuses)}")
    return 0 if goodput >= GOODPUT_MIN * peak.rate and checks[98] <= HEALTH_P99_MS else 1


if __name__ == "__main__":
    sys.exit(main())
