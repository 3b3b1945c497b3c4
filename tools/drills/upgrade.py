"""`bin/drill upgrade`: the schema is migrated while the version of before serves people, and goes on serving them.

`--from` is a commit with another schema. Counts failed requests and the longest wait for a lock, and asks `/readyz` of
new code on the old schema, of old code on the new one, and of new code on the new one.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg

from tools.chaos.servers import ROOT, command_of
from tools.ports import free_port

PEOPLE = 12
LOCK_S_MAX = 0.5
LONGEST = """
SELECT extract(epoch FROM clock_timestamp() - waitstart), mode || ' of ' || coalesce(relation::regclass::text, locktype)
FROM pg_locks WHERE NOT granted ORDER BY waitstart LIMIT 1
"""


@contextmanager
def checked_out(folder: Path, commit: str) -> Iterator[Path]:
    """The code of another commit, with the packages of this one."""
    place = folder / "before"
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(place), commit], cwd=ROOT, check=True)
    try:
        yield place
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(place)], cwd=ROOT, check=True)


@contextmanager
def web_of(code: Path, log: Path) -> Iterator[str]:
    """Run the web process of this code; yields its address."""
    port = free_port()
    path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(code), "PORT": str(port)}
    with log.open("ab") as output:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command_of('web')}"],
            cwd=code, env={**os.environ, **path}, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 120
        while not _answers(address):
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError(f"no answer; see {log}")
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{address}/healthz", timeout=5).status_code == 200
    return False


def readiness_of(address: str) -> str:
    """The status of `/readyz`, and what is not in order."""
    answer = httpx.get(f"{address}/readyz", timeout=30)
    wrong = {name: state for name, state in answer.json()["checks"].items() if state != "ok"}
    return f"{answer.status_code} {wrong or ''}".strip()


def manage(code: Path, *command: str) -> None:
    """Run manage.py of this code."""
    subprocess.run(
        [sys.executable, "manage.py", *command], cwd=code, check=True, stdout=sys.stderr,
        env=os.environ | {"PYTHONPATH": str(code)},
    )  # fmt: skip


@dataclass
class Load:
    """People who post pickups, change them, and look at decks and matches, until `stops` is set."""

    address: str
    answers: Counter[int] = field(default_factory=Counter)
    longest_s: float = 0.0
    stops: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        async with httpx.AsyncClient(base_url=f"{self.address}/api/v1", timeout=20) as client:
            await asyncio.gather(*(self._live(client, number) for number in range(PEOPLE)))

    async def _live(self, client: httpx.AsyncClient, number: int) -> None:
        signed = await client.post("/auth/sign-in", json={"provider": "demo", "phone": f"+6689{number:07d}"})
        signed.raise_for_status()
        person = {"Authorization": f"Bearer {signed.json()['token']}"}
        while not self.stops.is_set():
            starts = datetime.now(UTC) + timedelta(hours=1)
            pickup = {
                "title": "Bottles", "location": {"lat": 13.7466, "lon": 100.5393}, "address": "1 Rama I",
                "items": [{"material": "pet_clear", "quantity": 2}],
                "window": {"from": starts.isoformat(), "until": (starts + timedelta(hours=3)).isoformat()},
            }  # fmt: skip
            await self._send(client, "POST", "/pickups", person, pickup)
            await self._send(client, "GET", "/pickups", person)
            await self._send(client, "GET", "/matches", person)

    async def _send(
        self, client: httpx.AsyncClient, method: str, path: str, person: dict[str, str], body: object = None
    ) -> None:
        started = time.monotonic()
        try:
            status = (await client.request(method, path, json=body, headers=person)).status_code
        except httpx.HTTPError:
            status = 0
        self.answers[status] += 1
        self.longest_s = max(self.longest_s, time.monotonic() - started)


def main(arguments: list[str], folder: Path) -> int:
    parser = argparse.ArgumentParser(prog="bin/drill upgrade")
    parser.add_argument("--from", dest="commit", required=True)
    commit = parser.parse_args(arguments).commit
    with ExitStack() as stack:
        before = stack.enter_context(checked_out(folder, commit))
        manage(before, "migrate", "--verbosity=0")
        manage(before, "load_materials")
        address = stack.enter_context(web_of(before, folder / "before.log"))
        with web_of(ROOT, folder / "early.log") as early:
            refused = readiness_of(early)
        load, (lock_s, what) = asyncio.run(_migrate_under_load(address))
        old = readiness_of(address)
        new = readiness_of(stack.enter_context(web_of(ROOT, folder / "now.log")))
    failed = sum(count for status, count in load.answers.items() if not 200 <= status < 300)
    print(f"from {commit[:8]}: new code on the old schema: {refused}; old on the new: {old}; new on the new: {new}")
    print(f"requests {dict(load.answers)}, {failed} failed; longest {load.longest_s:.2f} s")
    print(f"longest wait for a lock: {lock_s:.2f} s, for {what}")
    is_good = refused.startswith("503") and old.startswith("200") and new.startswith("200")
    return 0 if is_good and not failed and lock_s <= LOCK_S_MAX else 1


async def _migrate_under_load(address: str) -> tuple[Load, tuple[float, str]]:
    load, lock, is_done = Load(address), (0.0, "nothing"), asyncio.Event()

    async def watch() -> None:
        nonlocal lock
        where = (
            f"host={os.environ['POSTGRES_HOST']} dbname={os.environ['POSTGRES_DB']} user={os.environ['POSTGRES_USER']}"
        )
        async with await psycopg.AsyncConnection.connect(where, autocommit=True) as session:
            while not is_done.is_set():
                row = await (await session.execute(LONGEST)).fetchone()
                lock = max(lock, (float(row[0]), str(row[1]))) if row else lock
                await asyncio.sleep(0.01)

    tasks = [asyncio.create_task(load.run()), asyncio.create_task(watch())]
    await asyncio.sleep(5)
    await asyncio.to_thread(manage, ROOT, "migrate")
    await asyncio.sleep(5)
    load.stops.set()
    is_done.set()
    await asyncio.gather(*tasks)
    return load, lock


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(os.environ["MEDIA_ROOT"]).parent))
