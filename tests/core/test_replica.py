"""Reads that may be a little old go to a standby, and to the primary while that is away or too old."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient
from structlog.testing import capture_logs

from backend.accounts.models import User
from backend.core.db import replica
from backend.core.db.connections import replica_of
from backend.core.db.postgis.base import DatabaseWrapper
from backend.core.db.prepared import fetch_prepared
from backend.core.db.replica import REPLICA, ReplicaRouter, ReplicaState, read_from_replica
from tests.waits import wait_until
from tools.chaos.servers import Postgres
from tools.drills.standbys import Server, Standbys

pytestmark = pytest.mark.django_db(transaction=True)
HOUR_S = 3_600
FEED = "ogc/collections/collections-by-week/items"
PLACE = "/dev/shm" if Path("/dev/shm").is_dir() else "/var/tmp"


@pytest.fixture(scope="module")
def servers(django_db_setup: None) -> Iterator[tuple[Server, Server]]:
    """A primary with nothing in it, and its standby."""
    folder = Path(tempfile.mkdtemp(prefix="tft-replica-", dir=PLACE))
    folder.chmod(0o755)
    postgres = Postgres(folder)
    postgres.start()
    standbys = Standbys(postgres, 1)
    try:
        yield standbys.first, standbys.start(standbys.first)
    finally:
        standbys.remove()
        postgres.remove()
        shutil.rmtree(folder)


def use_replica(settings: Settings, **place: str) -> Iterator[None]:
    """Make this the replica of the test's database."""
    primary = connection.settings_dict
    given = replica_of(primary, host=primary["HOST"], port=primary["PORT"], session={}) | place
    settings.POSTGRES_REPLICA_HOST = "standby"
    connections[REPLICA] = DatabaseWrapper(given, alias=REPLICA)
    yield
    connections[REPLICA].close()
    del connections[REPLICA]


@pytest.fixture
def standby(servers: tuple[Server, Server], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The standby, in use; not looked at before."""
    monkeypatch.setattr(replica, "state", ReplicaState())
    monkeypatch.setattr(replica, "CHECK_S", 0)
    monkeypatch.setattr(replica, "AWAY_S", 0)
    settings.POSTGRES_REPLICA_LAG_S = HOUR_S
    commit(servers[0])
    for _ in use_replica(settings, HOST=str(servers[1].socket), NAME="tft", USER="tft"):
        yield servers[1]


def commit(primary: Server) -> None:
    primary.ask("CREATE TABLE IF NOT EXISTS commits (at timestamptz)")
    primary.ask("INSERT INTO commits VALUES (now())")


def is_read_from_standby() -> bool:
    return read_from_replica(lambda: fetch_prepared("SELECT pg_is_in_recovery()", {})) == [(True,)]


class TestStandby:
    def test_answers_what_may_be_old(self, standby: Server) -> None:
        wait_until(is_read_from_standby)

        assert fetch_prepared("SELECT pg_is_in_recovery()", {}) == [(False,)]
        aliases = read_from_replica(lambda: (ReplicaRouter().db_for_read(User), ReplicaRouter().db_for_write(User)))
        assert aliases == (REPLICA, "default")

    def test_answers_nothing_that_is_older_than_the_bound(
        self, servers: tuple[Server, Server], standby: Server, settings: Settings
    ) -> None:
        wait_until(is_read_from_standby)
        standby.ask("SELECT pg_wal_replay_pause()")
        settings.POSTGRES_REPLICA_LAG_S = 1

        wait_until(lambda: not is_read_from_standby())

        settings.POSTGRES_REPLICA_LAG_S = HOUR_S
        standby.ask("SELECT pg_wal_replay_resume()")
        commit(servers[0])
        wait_until(is_read_from_standby)

    def test_is_left_while_it_is_away(self, standby: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        """The last test here: it kills the standby."""
        wait_until(is_read_from_standby)
        monkeypatch.setattr(replica, "CHECK_S", HOUR_S)
        assert is_read_from_standby()
        standby.kill()

        with capture_logs() as logs:
            answers = [is_read_from_standby() for _ in range(3)]

        assert answers == [False] * 3
        assert {line["event"] for line in logs} == {"replica_away"}


@pytest.fixture
def mirror(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test's own database under the name of a replica that is never too old."""
    monkeypatch.setattr(ReplicaState, "is_usable", lambda self, now_s: True)
    yield from use_replica(settings)


def statements_on_mirror(client: Client, path: str) -> int:
    with CaptureQueriesContext(connections[REPLICA]) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.usefixtures("mirror")
class TestReads:
    @pytest.mark.parametrize("path", ["api/v1/impact/city", "api/v1/impact/city/months", FEED])
    def test_of_the_city_may_be_old(self, client: APIClient, path: str) -> None:
        assert statements_on_mirror(client, f"/{path}") > 0

    @pytest.mark.parametrize("path", ["impact/me", "impact/me/months", "pickups", "conversations", "inbox"])
    def test_of_a_person_are_never_old(self, client: APIClient, path: str) -> None:
        assert statements_on_mirror(client, f"/api/v1/{path}") == 0

    def test_of_lists_may_be_old_until_something_is_changed(self, superuser: Client) -> None:
        assert statements_on_mirror(superuser, "/admin/geo/pickup/") > 0

        cookies = set(superuser.cookies)
        superuser.post("/admin/geo/pickup/", {"action": "none"})

        assert statements_on_mirror(superuser, "/admin/geo/pickup/") == 0
        assert set(superuser.cookies) == cookies, "only those of Django, which have a prefix in production"


def test_a_replica_is_set_up_as_the_primary_is() -> None:
    primary = {"NAME": "tft", "OPTIONS": {"pool": {"max_size": 5}, "options": "-c jit=off"}, "CONN_MAX_AGE": 0}
    found = replica_of(primary, host="a,b", port="5433", session={"jit": "off"})

    assert (found["HOST"], found["PORT"], found["NAME"], found["CONN_MAX_AGE"]) == ("a,b", "5433", "tft", 0)
    assert found["OPTIONS"]["pool"] == {"max_size": 5}
    assert "target_session_attrs" not in found["OPTIONS"]
