"""`bin/drill pgbouncer`: 20 web processes behind PgBouncer in transaction mode, on at most 50 database sessions.

Needs PgBouncer 1.21 or newer, which keeps prepared statements apart: in the PATH, or named by PGBOUNCER. With an older
one it checks that the service does not start.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import django
import httpx
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from tests.waits import wait_until
from tools.chaos.servers import ROOT, command_of
from tools.drills.standbys import run_as
from tools.ports import free_port

WORKERS = 20
SESSIONS = 50
REQUESTS = 3_000
CLIENTS = 60
PATHS = ("/api/v1/deck", "/api/v1/me", "/api/v1/matches", "/api/v1/conversations")
SEPARATES_STATEMENTS = (1, 21)
COUNT = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'tft%' AND datname = current_database()"


def main(folder: Path) -> int:
    program = os.environ.get("PGBOUNCER") or shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(map(int, re.findall(r"\d+", shown)[:2]))
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("load_materials", verbosity=0)
    call_command("set_role_settings")
    with _pgbouncer(program, separates=version >= SEPARATES_STATEMENTS) as (socket, port):
        os.environ.update({"POSTGRES_POOLER_HOST": str(socket), "POSTGRES_POOLER_PORT": str(port)})
        settings.POSTGRES_POOLER_HOST = str(socket)
        call_command("connection_budget", web=WORKERS, pool_size=SESSIONS)
        if version < SEPARATES_STATEMENTS:
            return _refuses_to_start(version)
        return _serve_many(folder)


def _serve_many(folder: Path) -> int:
    from tools.bench.operations import make_account

    token = make_account(20).person.token
    with _web(folder, WORKERS) as url, ThreadPoolExecutor(CLIENTS) as threads, _client(url, token) as client:
        ask = partial(_ask, client)
        futures = [threads.submit(ask, PATHS[number % len(PATHS)]) for number in range(REQUESTS)]
        most = 0
        while not all(future.done() for future in futures):
            most = max(most, _sessions())
            time.sleep(0.1)
        statuses = Counter(future.result() for future in futures)
    print(f"{REQUESTS} requests of {CLIENTS} clients to {WORKERS} web processes: {dict(statuses)}")
    print(f"database sessions at most: {most} (limit {SESSIONS})")
    return 0 if set(statuses) == {200} and 0 < most <= SESSIONS else 1


def _client(url: str, token: str) -> httpx.Client:
    limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60, limits=limits)


def _ask(client: httpx.Client, path: str) -> int:
    return client.get(path).status_code


def _sessions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(COUNT)
        return int(cursor.fetchone()[0])


def _refuses_to_start(version: tuple[int, ...]) -> int:
    command = [sys.executable, "-c", "import backend.wsgi"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(f"PgBouncer {version}: {ran.stderr.strip().splitlines()[-1]}")
    print("The drill needs 1.21 or newer; name one with PGBOUNCER=.")
    return 0 if "max_prepared_statements" in ran.stderr else 1


@contextmanager
def _pgbouncer(program: str, *, separates: bool) -> Iterator[tuple[Path, int]]:
    """The directory of its socket, and its port."""
    port, host, user = free_port(), connection.settings_dict["HOST"], connection.settings_dict["USER"]
    folder, owner = Path(tempfile.mkdtemp(prefix="tft-pgbouncer-")), Path(host).owner()
    (folder / "users").write_text(f'"{user}" ""')
    (folder / "pgbouncer.ini").write_text(
        f"""[databases]
* = host={host}
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
listen_port = {port}
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {SESSIONS}
max_client_conn = 1000
{"max_prepared_statements = 200" if separates else ""}
logfile = {folder}/pgbouncer.log
"""
    )
    shutil.chown(folder, owner)
    process = subprocess.Popen(run_as(owner, program, "-q", str(folder / "pgbouncer.ini")))
    try:
        wait_until((folder / f".s.PGSQL.{port}").exists)
        yield folder, port
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


@contextmanager
def _web(folder: Path, workers: int) -> Iterator[str]:
    """The web process of the Procfile, and its address."""
    port = free_port()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"PORT": str(port), "WEB_WORKERS": str(workers), "PATH": path}
    with (folder / "web.log").open("wb") as log:
        command = ["bash", "-c", f"exec {command_of('web')}"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: _is_alive(f"http://127.0.0.1:{port}"), 180)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _is_alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


if __name__ == "__main__":
    sys.exit(main(Path(os.environ["MEDIA_ROOT"]).parent))
