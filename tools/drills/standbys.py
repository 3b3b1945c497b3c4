"""A PostgreSQL with a standby that can be promoted, for drills."""

import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from pwd import getpwnam
from typing import Any

import psycopg

from tests.waits import wait_until
from tools.chaos.servers import Postgres, children_of, run_quietly


class Server:
    """One PostgreSQL, with its data and the directory of its socket."""

    def __init__(self, data: Path, socket: Path) -> None:
        self.data, self.socket = data, socket

    def ask(self, statement: str, *values: object) -> Any:
        """The first column of the first row; None without one."""
        with psycopg.connect(host=str(self.socket), user="tft", dbname="tft", autocommit=True) as session:
            cursor = session.execute(statement, values)
            row = cursor.fetchone() if cursor.description else None
        return row and row[0]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(host=str(self.socket), user="tft", dbname="tft", autocommit=True) as session:
            return session.execute(statement).fetchall()

    def configure(self, **settings: str) -> None:
        """Change settings of the running server."""
        for name, value in settings.items():
            self.ask(f"ALTER SYSTEM SET {name} = '{value}'")
        self.ask("SELECT pg_reload_conf()")

    def kill(self) -> None:
        """Send SIGKILL to all its processes."""
        postmaster = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        for pid in [postmaster, *children_of(postmaster)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Standbys:
    """Makes standbys of a running server, beside its data, and removes them in the end."""

    def __init__(self, primary: Postgres, count: int) -> None:
        with primary.connect() as session:
            rows = session.execute(
                "SELECT current_setting('data_directory'), current_setting('unix_socket_directories'), setting"
                " FROM pg_config WHERE name = 'BINDIR'"
            ).fetchone()
        assert rows
        data, socket, binaries = (Path(str(each)) for each in rows)
        self._bin, self._owner, self._root = binaries, data.owner(), data.parent
        self.first = Server(data, socket)
        self.sockets = [Path(tempfile.mkdtemp(prefix="tft-standby-")) for _ in range(count)]
        for each in self.sockets:
            shutil.chown(each, self._owner)
        self._made: list[Server] = []

    @property
    def hosts(self) -> str:
        """All that may ever be the primary, as POSTGRES_HOST."""
        return ",".join(str(each) for each in (self.first.socket, *self.sockets))

    def start(self, of: Server) -> Server:
        """Start the next one, which follows `of`, and wait until it streams."""
        socket = self.sockets[len(self._made)]
        server = Server(self._root / f"standby-{len(self._made)}", socket)
        self._made.append(server)
        name = f"standby{len(self._made)}"
        source = f"host={of.socket} user=tft application_name={name}"
        self._run("pg_basebackup", "-d", source, "-D", str(server.data), "-R", "-X", "stream", "-c", "fast")
        options = f"-c unix_socket_directories={socket} -c synchronous_standby_names="
        log = str(server.data / "server.log")
        self._run("pg_ctl", "start", "--silent", "--wait", "-D", str(server.data), "-o", options, "-l", log)
        wait_until(lambda: of.ask("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"), 30)
        return server

    def remove(self) -> None:
        for server in self._made:
            with suppress(FileNotFoundError, ProcessLookupError):
                server.kill()
            shutil.rmtree(server.data, ignore_errors=True)
        for socket in self.sockets:
            shutil.rmtree(socket, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        run_quietly(*run_as(self._owner, str(self._bin / program), *arguments))


def run_as(user: str, *command: str) -> tuple[str, ...]:
    """The command of another user, which root alone can run; PostgreSQL and PgBouncer do not run as root."""
    if os.geteuid() != 0:
        return command
    return ("setpriv", f"--reuid={user}", f"--regid={getpwnam(user).pw_gid}", "--init-groups", *command)
