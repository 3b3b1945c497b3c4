"""What becomes of the connections of an event loop when the database does not do what they ask."""

import asyncio
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from backend.shared import loop_database
from backend.shared.loop_database import LoopDatabase

pytestmark = pytest.mark.django_db
# More than the system takes from one side before the other has read.
LONG = "ขยะ" * 1_000_000


async def ask(database: LoopDatabase, seconds: float = 0) -> int:
    """The number of the session that has answered, after so long."""
    rows = await database.fetch("SELECT pg_backend_pid(), pg_sleep(%(seconds)s)", {"seconds": seconds})
    return int(rows[0][0])


def session_of_tests() -> dict[str, Any]:
    """How to open a session beside Django's."""
    parameters = connection.get_connection_params()
    return {name: parameters[name] for name in ("dbname", "user", "host", "port") if parameters.get(name)}


async def end_sessions(pids: set[int]) -> None:
    another = LoopDatabase(1)
    await another.fetch("SELECT pg_terminate_backend(pid, 1000) FROM unnest(%(pids)s) AS pid", {"pids": list(pids)})
    another.close()


class TestFetch:
    def test_does_not_fail_after_a_restart(self) -> None:
        async def story() -> set[int]:
            database = LoopDatabase(3)
            before = set(await asyncio.gather(*(ask(database, 0.1) for _ in range(3))))
            await end_sessions(before)
            after = {await ask(database) for _ in range(3)}
            database.close()
            return before & after

        assert asyncio.run(story()) == set()

    def test_fails_where_its_session_ends(self) -> None:
        async def story() -> int:
            database = LoopDatabase(1)
            pid = await ask(database)
            asked = asyncio.create_task(ask(database, 30))
            await asyncio.sleep(0.1)
            await end_sessions({pid})
            with pytest.raises(OperationalError):
                await asked
            after = await ask(database)
            database.close()
            return after - pid

        assert asyncio.run(story()) != 0

    def test_asks_at_length(self) -> None:
        async def story() -> list[tuple[object, ...]]:
            database = LoopDatabase(1)
            asked = database.fetch("SELECT length(%(text)s), %(text)s = %(same)s, '%%'", {"text": LONG, "same": LONG})
            answer = await asked
            database.close()
            return answer

        assert asyncio.run(story()) == [(len(LONG), True, "%")]

    def test_keeps_apart_what_the_database_refuses(self) -> None:
        async def story() -> list[tuple[object, ...]]:
            database = LoopDatabase(1)
            odd = "SELECT 1 / %(number)s::int"
            with pytest.raises(psycopg.errors.DivisionByZero):
                await database.fetch(odd, {"number": 0})
            answer = await database.fetch(odd, {"number": 1})
            database.close()
            return answer

        assert asyncio.run(story()) == [(1,)]

    def test_gives_up_what_takes_too_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loop_database, "PATIENCE_S", 0.2)

        async def story() -> tuple[list[object], int]:
            database = LoopDatabase(1)
            slow = await asyncio.gather(*(ask(database, 30) for _ in range(2)), return_exceptions=True)
            pid = await ask(database)
            database.close()
            return list(slow), pid

        slow, pid = asyncio.run(story())

        assert [type(one) for one in slow] == [OperationalError] * 2
        assert pid

    def test_prepares_anew_what_a_migration_has_changed(self) -> None:
        async def story() -> list[tuple[object, ...]]:
            database = LoopDatabase(1)
            ask_for = partial(database.fetch, "SELECT value FROM changing", {})
            with psycopg.connect(**session_of_tests()) as migration:
                migration.execute("DROP TABLE IF EXISTS changing; CREATE TABLE changing AS SELECT 1 AS value")
                migration.commit()
                await ask_for()
                migration.execute("ALTER TABLE changing ALTER value TYPE text")
                migration.commit()
                with pytest.raises(psycopg.Error):
                    await ask_for()
                answer = await ask_for()
                migration.execute("DROP TABLE changing")
            database.close()
            return answer

        assert asyncio.run(story()) == [("1",)]
