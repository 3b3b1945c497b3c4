"""`bin/drill two_cities`: two cities on one machine, in one PostgreSQL and one Redis, with one Firebase project.

The same kinds of people chat in both at once. A token, a ticket, an event or a key of one city must mean nothing in the
other; the quota of Firebase is the only thing they share.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
import httpx
from django.conf import settings
from django.db import connection
from redis import Redis as RedisClient
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.waits import wait_until
from tools.chaos.servers import ROOT, Postgres, Redis, Servers, run_service
from tools.fcm.users import PROJECT

CITIES = ("north", "south")
# Equal times switch them off; pushes would wait for the morning.
NO_QUIET_HOURS = {"QUIET_FROM": "00:00", "QUIET_UNTIL": "00:00"}
PEOPLE = """
import django
django.setup()
from tools.chaos.clients import create_pair
for person in create_pair(("socket", "away")):
    print(person.token, person.conversation)
"""


@dataclass
class City:
    """One city, and the two people in it; the second one is away."""

    name: str
    servers: Servers
    token: str
    conversation: str

    async def call(self, client: httpx.AsyncClient, method: str, path: str, **options: Any) -> httpx.Response:
        url = f"{self.servers.addresses.web}/api/v1{path}"
        return await client.request(method, url, headers={"Authorization": f"Bearer {self.token}"}, **options)


def main(folder: Path) -> int:
    django.setup()
    del os.environ["POSTGRES_POOL"]
    for name in CITIES:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        _run("manage.py", "migrate", "--verbosity", "0", name=name)
    return asyncio.run(_play(folder))


def _variables(name: str) -> dict[str, str]:
    return {"POSTGRES_DB": name, "REDIS_PREFIX": f"{name}:"}


def _run(*arguments: str, name: str) -> str:
    """Run Python as a process of this city, and return what it prints."""
    command = [sys.executable, *arguments]
    ran = subprocess.run(
        command, cwd=ROOT, env=os.environ | _variables(name), check=True, stdout=subprocess.PIPE, text=True
    )
    return ran.stdout


async def _play(folder: Path) -> int:
    async with httpx.AsyncClient(timeout=20) as client:
        (folder / CITIES[0]).mkdir()
        (folder / CITIES[1]).mkdir()
        one, other = (
            run_service(folder / name, Postgres(folder), Redis(folder), **_variables(name), **NO_QUIET_HOURS)
            for name in CITIES
        )
        async with one as north_servers, other as south_servers:
            north = await _found(CITIES[0], north_servers)
            south = await _found(CITIES[1], south_servers)
            leaks = await _leaks(client, north, south) + await _leaks(client, south, north)
            for city in (north, south):
                await _write(client, city)
            sent = [json.dumps(city.servers.fcm.sent) for city in (north, south) if city.servers.fcm]
    for home, pushes in zip((north, south), reversed(sent), strict=True):
        leaks += [f"a push of {home.name}"] if home.conversation in pushes else []
    leaks += _foreign_keys()
    print(f"one push in each; leaks: {leaks or 'none'}")
    return 1 if leaks else 0


async def _found(name: str, servers: Servers) -> City:
    shown = await asyncio.to_thread(_run, "-c", PEOPLE, name=name)
    token, conversation = shown.split("\n")[0].split()
    return City(name, servers, token, conversation)


async def _leaks(client: httpx.AsyncClient, home: City, abroad: City) -> list[str]:
    """What of `home` means something in `abroad`."""
    ticket = (await home.call(client, "POST", "/realtime/tickets")).json()["ticket"]
    stranger = City(abroad.name, abroad.servers, home.token, "")
    tries = {
        "token": (await stranger.call(client, "GET", "/me")).status_code != 401,
        "conversation": (await abroad.call(client, "GET", f"/conversations/{home.conversation}")).status_code != 404,
        "ticket": await _is_admitted(abroad.servers.addresses.realtime, ticket),
        "own ticket": not await _is_admitted(home.servers.addresses.realtime, ticket),
    }
    return [f"{what} of {home.name} in {abroad.name}" for what, is_wrong in tries.items() if is_wrong]


async def _is_admitted(realtime: str, ticket: str) -> bool:
    protocols: Any = ["tft.v1", f"ticket.{ticket}"]
    try:
        async with connect(realtime, subprotocols=protocols, compression=None, proxy=None) as socket:
            return bool(json.loads(await socket.recv())["type"] == "hello")
    except WebSocketException:
        return False


async def _write(client: httpx.AsyncClient, city: City) -> None:
    """Write to the one who is away, and wait for the push."""
    body = {"client_id": str(uuid.uuid4()), "kind": "text", "text": city.name}
    answer = await city.call(client, "POST", f"/conversations/{city.conversation}/messages", json=body)
    answer.raise_for_status()
    fcm = city.servers.fcm
    assert fcm
    await asyncio.to_thread(wait_until, lambda: bool(fcm.ids), 60)


def _foreign_keys() -> list[str]:
    """Keys of Redis that belong to neither city; `limits` puts its own word before ours."""
    found = {name.decode() for name in RedisClient.from_url(settings.REDIS_URL).scan_iter()}
    if f"fcm:quota:{PROJECT}" not in found:
        return ["the quota is not shared"]
    return sorted(name for name in found if not re.search(rf"\b({'|'.join(CITIES)}):|^fcm:quota:", name))


if __name__ == "__main__":
    sys.exit(main(Path(os.environ["MEDIA_ROOT"]).parent))
