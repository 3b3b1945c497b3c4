"""All servers of one harness: those of the service, or the stock consumer's."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tools.chaos.memory import Postgres, Redis
from tools.chaos.phones import Addresses
from tools.chaos.processes import Process, command_of
from tools.chaos.proxy import Proxy
from tools.chaos.pushes import Firebase
from tools.fcm.server import PROJECT, write_account

READY_S = 60
UVICORN = "uvicorn {} --host 127.0.0.1 --port ${{REALTIME_PORT}} --ws-per-message-deflate false"


@dataclass
class Stage:
    """What can be killed. The stock consumer has neither web nor worker."""

    postgres: Postgres
    redis: Redis
    proxy: Proxy
    addresses: Addresses
    realtime: Process
    web: Process | None = None
    worker: Process | None = None
    fcm: Firebase | None = None


@asynccontextmanager
async def our_stage(folder: Path, postgres: Postgres, redis: Redis) -> AsyncIterator[Stage]:
    """Web, realtime and worker as the Procfile names them, and Firebase's endpoint on this machine."""
    web, realtime = free_port(), free_port()
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(Proxy(redis.socket))
        fcm = Firebase()
        stack.enter_context(fcm)
        variables = _variables(folder, fcm, proxy) | {"PORT": str(web), "REALTIME_PORT": str(realtime)}
        processes = [
            Process(command_of(name), variables, folder / f"{name}.log") for name in ("web", "realtime", "worker")
        ]
        await _keep(stack, processes)
        await _wait_for(f"http://127.0.0.1:{web}/healthz")
        await _wait_for(f"http://127.0.0.1:{realtime}/healthz")
        addresses = Addresses(f"http://127.0.0.1:{web}", f"ws://127.0.0.1:{realtime}/ws/v1/")
        yield Stage(postgres, redis, proxy, addresses, processes[1], processes[0], processes[2], fcm)


def _variables(folder: Path, fcm: Firebase, proxy: Proxy) -> dict[str, str]:
    """Short beats and waits, so that many runs fit in little time; no limits that would stop the load."""
    return {
        "REDIS_URL": f"redis://127.0.0.1:{proxy.port}/0",
        "HEARTBEAT_S": "2",
        "PUSH_WAIT_S": "1",
        "PUSH_BACKEND": "fcm",
        "FIREBASE_PROJECT_ID": PROJECT,
        "GOOGLE_APPLICATION_CREDENTIALS": str(write_account(folder / "account.json", token_uri=f"{fcm.url}/token")),
        "FCM_ENDPOINT": fcm.url,
        # google-auth would ask Google about the made-up account; nothing is to leave this machine.
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "RATE_WRITE": "1000000/minute",
        "RATE_READ": "1000000/minute",
        "LONG_POLLS_MAX": "8",
    }


@asynccontextmanager
async def stock_stage(folder: Path, postgres: Postgres, redis: Redis) -> AsyncIterator[Stage]:
    """One uvicorn with the stock consumer."""
    realtime = free_port()
    with postgres.connect() as connection:
        connection.execute(
            "CREATE TABLE stock_message (id bigserial PRIMARY KEY, room text NOT NULL, client_id text NOT NULL)"
        )
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(Proxy(redis.socket))
        variables = {
            "DJANGO_SETTINGS_MODULE": "tools.chaos.stock_settings",
            "REDIS_URL": f"redis://127.0.0.1:{proxy.port}/0",
            "REALTIME_PORT": str(realtime),
        }
        process = Process(UVICORN.format("tools.chaos.stock:application"), variables, folder / "stock.log")
        await _keep(stack, [process])
        await _wait_for(f"http://127.0.0.1:{realtime}/")
        yield Stage(postgres, redis, proxy, Addresses("", f"ws://127.0.0.1:{realtime}/ws/chat/"), process)


async def _keep(stack: AsyncExitStack, processes: list[Process]) -> None:
    tasks = [asyncio.create_task(process.keep_running()) for process in processes]

    async def stop() -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*(asyncio.to_thread(process.stop) for process in processes))

    stack.push_async_callback(stop)


async def _wait_for(url: str) -> None:
    """Until something answers there, whatever it says."""
    deadline = time.monotonic() + READY_S
    async with httpx.AsyncClient() as client:
        while time.monotonic() < deadline:
            try:
                await client.get(url)
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
            else:
                return
    raise RuntimeError(f"no answer from {url}; the logs lie beside the data")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def take_variables(folder: Path) -> tuple[Postgres, Redis]:
    """Start PostgreSQL and Redis, and put how to reach them into this process's environment."""
    postgres, redis = Postgres(folder), Redis(folder)
    postgres.start()
    postgres.remember_place()
    redis.start()
    os.environ.update(postgres.variables)
    os.environ["REDIS_URL"] = f"unix://{redis.socket}?db=0"
    return postgres, redis
