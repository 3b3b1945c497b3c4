"""Killed workers lose nothing, and nothing is shown twice. `bin/kill-workers --kills 50` is the long run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from backend.core.clock import read_clock
from notifications.services.delivery import deliver_due
from tests.notifications.conftest import empty_queue
from tools.fcm.server import FcmServer
from tools.kill_workers.account import Account, Arrival, account_of
from tools.kill_workers.load import Load, make_people
from tools.kill_workers.play import arrivals_at, play

FACTS = [("phone-1", "1"), ("phone-1", "2"), ("phone-2", "1")]


def arrivals_of(*ids: str) -> list[Arrival]:
    """Each fact under its id, in turn."""
    return [Arrival(fact=fact, message_id=message_id) for fact, message_id in zip(FACTS, ids, strict=False)]


class TestAccount:
    """The control: each of the three faults shows."""

    def test_of_a_good_run(self) -> None:
        account = account_of(told=FACTS, arrivals=arrivals_of("a", "b", "c"))

        assert account == Account(told=3, lost=0, shown_twice=0, sent_twice=0, most=1)

    def test_sees_a_loss(self) -> None:
        assert account_of(told=FACTS, arrivals=arrivals_of("a", "b")).lost == 1

    def test_sees_what_is_sent_again_under_its_own_id(self) -> None:
        account = account_of(told=FACTS, arrivals=arrivals_of("a", "b", "c") + arrivals_of("a", "b") * 2)

        assert (account.shown_twice, account.sent_twice, account.most) == (0, 4, 3)

    def test_sees_what_is_sent_again_under_another_id(self) -> None:
        account = account_of(told=FACTS, arrivals=arrivals_of("a", "b", "c") + arrivals_of("d"))

        assert account.shown_twice == 1


@pytest.fixture
def workers_environment(settings: Settings, fcm: FcmServer, redis_prefix: str) -> dict[str, str]:
    """Leads workers to the servers of this test."""
    return {
        "POSTGRES_DB": connection.settings_dict["NAME"],
        "REDIS_PREFIX": redis_prefix,
        "FIREBASE_PROJECT_ID": settings.FIREBASE_PROJECT_ID,
        "GOOGLE_APPLICATION_CREDENTIALS": settings.FIREBASE_CREDENTIALS_FILE,
        "FCM_ENDPOINT": fcm.url,
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }


@pytest.fixture
def jobs(transactional_db: None) -> Iterator[None]:
    """Workers put their periodic jobs into the queue; nothing of it is left."""
    yield
    empty_queue()


@pytest.fixture
def planted_loss(transactional_db: None) -> Iterator[None]:
    """One event in ten counts as pushed from the start: what a worker would leave that notes first and sends then."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN IF NEW.id % 10 = 0 THEN NEW.pushed_at = NEW.created_at; END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER lose BEFORE INSERT ON notifications_event FOR EACH ROW EXECUTE FUNCTION lose()"
        )
        yield
        cursor.execute("DROP TRIGGER lose ON notifications_event; DROP FUNCTION lose()")


@pytest.mark.usefixtures("jobs", "backend", "awake")
class TestKills:
    @pytest.mark.slow
    def test_lose_nothing_and_show_nothing_twice(
        self,
        fcm: FcmServer,
        workers_environment: dict[str, str],
        tmp_path: Path,
    ) -> None:
        account = play(kills=1, people=40, fcm=fcm, environment=workers_environment, log=tmp_path / "log", say=print)

        assert account.told > 20
        assert (account.lost, account.shown_twice) == (0, 0)
        assert account.most <= 1 + 1

    def test_control_a_planted_loss_is_seen(self, fcm: FcmServer, planted_loss: None) -> None:
        load = Load(make_people(10), seed=1)
        for _ in range(10):
            load.tell()
        while deliver_due(clock=read_clock):
            pass

        account = account_of(told=load.told, arrivals=arrivals_at(fcm))

        assert account.told > account.lost > 0
