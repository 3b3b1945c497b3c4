"""A PostgreSQL and a Redis of our own that can be killed and come back."""

import asyncio
import os
import re
import signal
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from tools.chaos.processes import ROOT, children_of, run_quietly

RESTART_S = 30


def variables_in(file: Path) -> dict[str, str]:
    """What `export NAME=value` lines in a file say."""
    return dict(re.findall(r'^export (\w+)="?([^"\n]*)"?$', file.read_text(), re.MULTILINE))


class Postgres:
    """`bin/postgres` with fsync on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.variables: dict[str, str] = {}

    def start(self) -> None:
        """Start it. What the one before left behind may be in the way for a moment after a kill."""
        deadline = time.monotonic() + RESTART_S
        while True:
            try:
                run_quietly(str(ROOT / "bin/postgres"), "start", str(self._folder))
                break
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        self.variables = variables_in(self._folder / "env.postgres")

    def kill(self) -> None:
        """SIGKILL to the postmaster; its sessions notice and go."""
        os.kill(self._postmaster, signal.SIGKILL)

    def kill_with_sessions(self) -> None:
        """SIGKILL to all of it: a session that has not noticed yet still stores what it is asked to."""
        sessions = children_of(self._postmaster)
        self.kill()
        for session in sessions:
            with suppress(ProcessLookupError):
                os.kill(session, signal.SIGKILL)

    @property
    def _postmaster(self) -> int:
        return int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])

    async def kill_and_start(self) -> None:
        """As a supervisor would."""
        self.kill()
        await asyncio.to_thread(self.start)

    def connect(self, database: str | None = None) -> "psycopg.Connection[tuple[object, ...]]":
        """An autocommitting connection."""
        return psycopg.connect(self.conninfo(database), autocommit=True)

    def conninfo(self, database: str | None = None) -> str:
        """How to reach a database, the usual one if none is named."""
        v = self.variables
        return f"host={v['POSTGRES_HOST']} user={v['POSTGRES_USER']} dbname={database or v['POSTGRES_DB']}"

    def remember_place(self) -> None:
        """Where its data are, while it can still be asked."""
        with self.connect() as connection:
            row = connection.execute("SELECT current_setting('data_directory'), current_setting('fsync')").fetchone()
        assert row
        assert row[1] == "on", "a kill proves little about a PostgreSQL that does not write down what it says"
        self._data = Path(str(row[0]))


class Redis:
    """`bin/redis`, which keeps nothing over a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(self) -> None:
        """Start it."""
        run_quietly(str(ROOT / "bin/redis"), "start", str(self._folder))

    @property
    def socket(self) -> str:
        """The path of its unix socket."""
        return variables_in(self._folder / "env.redis")["REDIS_URL"].removeprefix("unix://").split("?")[0]

    def kill(self) -> None:
        """SIGKILL."""
        os.kill(int((self._folder / "redis" / "redis.pid").read_text()), signal.SIGKILL)

    async def kill_and_start(self) -> None:
        """As a supervisor would."""
        self.kill()
        await asyncio.sleep(0.3)
        await asyncio.to_thread(self.start)
