"""The ways in which things end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from tools.chaos.stage import Stage

STALL_S = 1.5
DELAY_S = 0.4
Kill = Callable[[Stage], Awaitable[None]]


async def kill_postgres(stage: Stage) -> None:
    """SIGKILL to PostgreSQL; its log is replayed when it starts again."""
    await stage.postgres.kill_and_start()


async def kill_redis(stage: Stage) -> None:
    """SIGKILL to Redis, which forgets everything."""
    await stage.redis.kill_and_start()


async def kill_realtime(stage: Stage) -> None:
    """SIGKILL to the process that holds all sockets."""
    stage.realtime.kill()


async def kill_web_worker(stage: Stage) -> None:
    """SIGKILL to one of the processes that answer HTTP."""
    assert stage.web
    stage.web.kill_worker()


async def kill_worker(stage: Stage) -> None:
    """SIGKILL to the job worker, whatever it is sending."""
    assert stage.worker
    stage.worker.kill()


async def drop_redis(stage: Stage) -> None:
    """All that goes to and from Redis vanishes for a while, and then the connections break."""
    stage.proxy.drops = True
    await asyncio.sleep(STALL_S)
    stage.proxy.drops = False
    stage.proxy.cut()


async def delay_redis(stage: Stage) -> None:
    """All that goes to and from Redis is late for a while."""
    stage.proxy.delay_s = DELAY_S
    await asyncio.sleep(2 * STALL_S)
    stage.proxy.delay_s = 0


KILLS: Mapping[str, Kill] = {
    "PostgreSQL": kill_postgres,
    "Redis": kill_redis,
    "ASGI process": kill_realtime,
    "web worker": kill_web_worker,
    "job worker": kill_worker,
    "Redis traffic dropped": drop_redis,
    "Redis traffic delayed": delay_redis,
}
STOCK_KILLS = {name: kill for name, kill in KILLS.items() if name not in ("web worker", "job worker")}
