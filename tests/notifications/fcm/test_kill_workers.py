"""Killed workers lose nothing, and nothing is shown twice. `bin/kill-workers --kills 50` is the long run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from backend.core.clock import read_clock
from notifications.services.delivery import deliver_due
from tools.fcm.server import FcmServer
from tools.kill_workers.harness import Arrival, Load, Result, arrivals_at, evaluate, make_people, run

EVENTS = [("phone-1", "1"), ("phone-1", "2"), ("phone-2", "1")]


def arrivals_of(*ids: str) -> list[Arrival]:
    """One arrival per id, for the events in order."""
    return [Arrival(event=event, message_id=message_id) for event, message_id in zip(EVENTS, ids, strict=False)]


class TestResult:
    """The control: each of the three faults is counted."""

    def test_of_a_good_run(self) -> None:
        result = evaluate(events=EVENTS, arrivals=arrivals_of("a", "b", "c"))

        assert result == Result(events=3, lost=0, shown_twice=0, sent_again=0, most_sends=1)

    def test_counts_a_loss(self) -> None:
        assert evaluate(events=EVENTS, arrivals=arrivals_of("a", "b")).lost == 1

    def test_counts_what_is_sent_again_with_its_id(self) -> None:
        result = evaluate(events=EVENTS, arrivals=arrivals_of("a", "b", "c") + arrivals_of("a", "b") * 2)

        assert (result.shown_twice, result.sent_again, result.most_sends) == (0, 4, 3)

    def test_counts_what_is_sent_again_with_another_id(self) -> None:
        result = evaluate(events=EVENTS, arrivals=arrivals_of("a", "b", "c") + arrivals_of("d"))

        assert result.shown_twice == 1


@pytest.fixture
def workers_environment(settings: Settings, fcm: FcmServer, redis_prefix: str) -> dict[str, str]:
    """Connects workers to the servers of this test."""
    return {
        "POSTGRES_DB": connection.settings_dict["NAME"],
        "REDIS_PREFIX": redis_prefix,
        "FIREBASE_PROJECT_ID": settings.FIREBASE_PROJECT_ID,
        "GOOGLE_APPLICATION_CREDENTIALS": settings.FIREBASE_CREDENTIALS_FILE,
        "FCM_ENDPOINT": fcm.url,
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }


@pytest.fixture
def planted_loss(transactional_db: None) -> Iterator[None]:
    """Marks one event in ten as pushed from the start, as a worker would that records a push before it sends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN IF NEW.id % 10 = 0 THEN NEW.pushed_at = NEW.created_at; END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER lose BEFORE INSERT ON notifications_event FOR EACH ROW EXECUTE FUNCTION lose()"
        )
        yield
        cursor.execute("DROP TRIGGER lose ON notifications_event; DROP FUNCTION lose()")


@pytest.mark.usefixtures("transactional_db", "backend", "awake")
class TestKills:
    @pytest.mark.slow
    def test_lose_nothing_and_show_nothing_twice(
        self, fcm: FcmServer, workers_environment: dict[str, str], tmp_path: Path
    ) -> None:
        result = run(kills=1, people=40, fcm=fcm, environment=workers_environment, log=tmp_path / "log", report=print)

        assert result.events > 20
        assert result.is_good
        assert result.most_sends <= 1 + 1

    def test_control_a_planted_loss_is_counted(self, fcm: FcmServer, planted_loss: None) -> None:
        load = Load(make_people(10), seed=1)
        for _ in range(10):
            load.create_events()
        while deliver_due(clock=read_clock):
            pass

        result = evaluate(events=load.events, arrivals=arrivals_at(fcm))

        assert result.events > result.lost > 0
