"""After a restart of PostgreSQL no request fails because an idle connection was closed."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, connections

from backend.core.db.connections import connection_options
from backend.core.db.postgis.base import DatabaseWrapper
from backend.core.db.prepared import fetch_prepared
from chat.consumers.database import StatementPool

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout")
PID = "SELECT pg_backend_pid()"
BOUNDS = f"SELECT {', '.join(f'current_setting({name!r})' for name in NAMES)}"


def session_of(line: Any) -> int:
    """The process id of the PostgreSQL session."""
    with line.cursor() as cursor:
        cursor.execute(PID)
        pid: int = cursor.fetchone()[0]
    return pid


def usual() -> dict[str, str]:
    """The environment, without what tests set for themselves."""
    return {name: value for name, value in os.environ.items() if name != "POSTGRES_IDLE_IN_TRANSACTION_S"}


def end_sessions(*pids: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid, 1000) FROM unnest(%s) AS pid", [list(pids)])


@pytest.fixture
def line() -> Iterator[DatabaseWrapper]:
    """A connection of its own, as each thread of the web keeps one."""
    line = DatabaseWrapper({**connection.settings_dict, "CONN_MAX_AGE": None}, alias="default")
    yield line
    line.close()


@pytest.fixture
def pooled() -> Iterator[Callable[[], DatabaseWrapper]]:
    """Connections of one pool, as the threads of the realtime process share one."""
    options = {**connection.settings_dict["OPTIONS"], "pool": {"min_size": 1, "max_size": 3, "timeout": 3}}
    settings = {**connection.settings_dict, "OPTIONS": options, "CONN_HEALTH_CHECKS": False}
    yield lambda: DatabaseWrapper(settings, alias="default")
    DatabaseWrapper(settings, alias="default").close_pool()


class TestKept:
    def test_is_reopened(self, line: DatabaseWrapper) -> None:
        before = session_of(line)
        line.close_if_unusable_or_obsolete()

        end_sessions(before)

        assert session_of(line) != before

    def test_is_not_checked_before_use(self, line: DatabaseWrapper) -> None:
        before = session_of(line)
        line.close_if_unusable_or_obsolete()

        line.close_if_health_check_failed()

        with connection.cursor() as cursor:
            cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [before])
            assert cursor.fetchone() == (PID,)

    def test_is_kept_when_what_came_was_no_end(self, line: DatabaseWrapper) -> None:
        before = session_of(line)
        with line.cursor() as cursor:
            cursor.execute("LISTEN anything")
        line.close_if_unusable_or_obsolete()
        other = DatabaseWrapper(connection.settings_dict, alias="default")
        with other.cursor() as cursor:
            cursor.execute("NOTIFY anything")
        other.close()

        assert session_of(line) == before

    def test_is_reopened_for_what_is_prepared(self) -> None:
        def ask() -> int:
            line: Any = connection
            line.health_check_done = False
            pid: int = fetch_prepared(PID, {})[0][0]
            return pid

        with ThreadPoolExecutor(1) as thread:
            before = thread.submit(ask).result()
            end_sessions(before)
            after = thread.submit(ask).result()
            thread.submit(connections.close_all).result()

        assert after != before


class TestSeveralHosts:
    """As of a primary and its standbys: the one that takes writes is used."""

    @pytest.fixture
    def line(self) -> Iterator[DatabaseWrapper]:
        """A connection of its own; at the first host nobody listens."""
        host = f"/nowhere,{connection.settings_dict['HOST']}"
        options = connection_options(host=host, session={}, has_pooler=False)
        settings = {**connection.settings_dict, "HOST": host, "OPTIONS": options, "CONN_MAX_AGE": None}
        line = DatabaseWrapper(settings, alias="default")
        yield line
        line.close()

    def test_the_next_one_is_used(self, line: DatabaseWrapper) -> None:
        assert session_of(line)

    def test_a_connection_whose_server_takes_no_writes_any_more_is_left(self, line: DatabaseWrapper) -> None:
        before = session_of(line)
        with line.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")

        line.close_if_unusable_or_obsolete()
        line.close_if_health_check_failed()

        assert session_of(line) != before


class TestPooled:
    def test_none_is_given_out_dead(self, pooled: Callable[[], DatabaseWrapper]) -> None:
        lines = [pooled() for _ in range(3)]
        before = {session_of(line) for line in lines}
        for line in lines:
            line.close()

        end_sessions(*before)

        after = {session_of(line) for line in lines}
        for line in lines:
            line.close()
        assert len(before) == 3
        assert before & after == set()

    def test_one_that_a_thread_keeps_is_reopened(self, pooled: Callable[[], DatabaseWrapper]) -> None:
        line: Any = pooled()
        before = session_of(line)
        line.health_check_done = False

        end_sessions(before)

        assert session_of(line) != before
        line.close()

    def test_one_that_takes_no_writes_is_not_given_out_again(self, pooled: Callable[[], DatabaseWrapper]) -> None:
        line = pooled()
        before = session_of(line)

        with line.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
            with pytest.raises(OperationalError):
                cursor.execute("CREATE TABLE unwritten ()")
        line.close()

        assert session_of(line) != before
        line.close()


class TestStalled:
    """A frozen process or a vanished host does not keep its locks."""

    def test_a_transaction_in_which_nothing_is_done_is_ended(self) -> None:
        options = {**connection.settings_dict["OPTIONS"], "options": "-c idle_in_transaction_session_timeout=100"}
        line = DatabaseWrapper({**connection.settings_dict, "OPTIONS": options}, alias="default")
        before = session_of(line)
        line.set_autocommit(False)
        session_of(line)

        time.sleep(0.2)

        with pytest.raises(OperationalError), line.cursor() as cursor:
            cursor.execute(PID)
        line.close_if_unusable_or_obsolete()
        assert session_of(line) != before
        line.close()

    def test_is_so_on_every_connection(self) -> None:
        async def ask_in_loop() -> list[tuple[object, ...]]:
            pool = StatementPool(1)
            await pool.open()
            rows = await pool.fetch(BOUNDS, {})
            await pool.close()
            return rows

        assert fetch_prepared(BOUNDS, {}) == asyncio.run(ask_in_loop()) == [("10min", "0", "0")]

    def test_nobody_waits_for_ever_for_an_answer_of_the_service(self) -> None:
        asking = (
            "from backend.asgi import application; from backend.core.db.prepared import fetch_prepared; "
            f"print(*fetch_prepared({BOUNDS!r}, {{}})[0])"
        )

        asked = subprocess.run(
            [sys.executable, "-c", asking], cwd=ROOT, env=usual(), capture_output=True, text=True, check=True
        )

        assert asked.stdout.split() == ["30s", "5s", "30s"]
