"""Tasks overdue by five minutes are reported by `/readyz`, `/metrics` and the admin."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from rest_framework.test import APIClient

from notifications import monitoring
from notifications.models import DeadLetter, EventCounter
from notifications.monitoring import last_runs, periodic_tasks, problems
from notifications.periodic import expect_runs, record_run
from notifications.push.circuit_breaker import FAILURES_MAX, fcm_circuit_breaker
from tests.factories.notifications import make_notice, tell
from tests.factories.people import make_user
from tests.notifications.conftest import work

TIDY = "notifications.tidy"


def minutes_ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def last_due(name: str) -> datetime:
    """The last time this periodic task was due."""
    task = app.periodic_registry.periodic_tasks[name, ""]
    return datetime.fromtimestamp(task.croniter.get_prev(ret_type=float, start_time=datetime.now(UTC).timestamp()), UTC)


def readiness() -> tuple[int, str, str]:
    """The HTTP status, its word, and the state of the worker."""
    answer = APIClient().get("/readyz")
    return answer.status_code, answer.json()["status"], answer.json()["checks"]["worker"]


def metrics() -> str:
    text: bytes = APIClient().get("/metrics").content
    return text.decode()


def put_down_job(*, minutes: float, scheduled_in: float | None = None, status: str = "todo") -> None:
    """Add a job of this age to the queue."""
    app.tasks[TIDY].defer(timestamp=0)
    at = None if scheduled_in is None else datetime.now(UTC) + timedelta(minutes=scheduled_in)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = %s", [minutes_ago(minutes)])
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = %s, status = %s", [at, status])


@pytest.mark.usefixtures("db")
class TestReadiness:
    def test_is_ready_while_nothing_waits_for_long(self) -> None:
        tell(make_notice(make_user()), now=minutes_ago(4))
        record_run(name=TIDY, now=last_due(TIDY))
        put_down_job(minutes=4)

        assert readiness() == (200, "ready", "ok")

    def test_is_degraded_but_serves_when_pushes_are_overdue(self) -> None:
        tell(make_notice(make_user()), make_notice(make_user()), now=minutes_ago(6))

        status, word, worker = readiness()

        assert (status, word) == (200, "degraded")
        assert worker.startswith("2 users with due pushes, waiting for 36")

    def test_is_degraded_when_a_job_has_not_run(self) -> None:
        put_down_job(minutes=6)

        assert readiness()[1:] == ("degraded", readiness()[2])
        assert "1 jobs, waiting for 36" in readiness()[2]

    def test_counts_no_further_than_it_must(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(monitoring, "COUNT_MAX", 2)
        tell(*[make_notice(make_user()) for _ in range(4)], now=minutes_ago(6))
        for _ in range(4):
            put_down_job(minutes=6)

        with CaptureQueriesContext(connection) as queries:
            worker = readiness()[2]

        assert "2 or more users with due pushes" in worker
        assert "2 or more jobs" in worker
        assert all("LIMIT" in query["sql"] for query in queries if "count(*)" in query["sql"].lower())

    def test_a_job_for_later_is_not_late(self) -> None:
        put_down_job(minutes=60, scheduled_in=5)

        assert readiness()[1] == "ready"

    def test_is_degraded_when_a_periodic_task_has_not_run(self) -> None:
        record_run(name="notifications.rescue", now=minutes_ago(6.5))

        assert readiness()[1:] == ("degraded", "notifications.rescue has not run")

    def test_an_hourly_task_may_wait_for_its_hour(self) -> None:
        record_run(name=TIDY, now=last_due(TIDY))
        assert readiness()[1] == "ready"

        record_run(name=TIDY, now=last_due(TIDY) - timedelta(hours=2))
        assert readiness()[1] == "degraded"

    def test_a_task_that_is_gone_is_missed_by_nobody(self) -> None:
        record_run(name="notifications.of_old", now=minutes_ago(9_999))

        assert readiness()[1] == "ready"

    def test_says_when_the_circuit_of_firebase_is_open(self) -> None:
        fcm_circuit_breaker("ios").report(answered=0, failures=FAILURES_MAX, reason="ThirdPartyAuth")

        answer = APIClient().get("/readyz").json()

        assert (answer["status"], answer["checks"]["firebase"]) == (
            "degraded",
            "ios: circuit open after ThirdPartyAuth",
        )


@pytest.mark.usefixtures("db")
class TestMetrics:
    def test_tell_how_much_waits_and_for_how_long(self) -> None:
        tell(make_notice(make_user()), now=minutes_ago(6))
        put_down_job(minutes=1, status="failed")
        record_run(name=TIDY, now=minutes_ago(200))

        text = metrics()

        assert "\npush_waiting 1.0" in text
        assert "\npush_oldest_seconds 36" in text
        assert "\njobs_set_aside 1.0" in text
        assert f'periodic_overdue{{task="{TIDY}"}} 1.0' in text
        assert 'push_circuit{service="ios",state="closed"} 1.0' in text


@pytest.mark.usefixtures("transactional_db")
class TestPeriodicTasks:
    def test_are_expected_from_the_first_minute_of_a_worker(self) -> None:
        app.tasks["notifications.rescue"].defer(timestamp=0)

        work()

        assert set(periodic_tasks()) <= set(last_runs())

    def test_one_that_never_ran_is_missed(self) -> None:
        expect_runs(names=["notifications.rescue"], now=minutes_ago(7))

        assert list(problems(datetime.now(UTC))) == ["notifications.rescue has not run"]

    @pytest.mark.parametrize("name", sorted(set(periodic_tasks()) - {"notifications.deliver_due"}))
    def test_each_records_its_run(self, name: str) -> None:
        app.tasks[name].defer(timestamp=0)

        work()

        assert last_runs()[name] > minutes_ago(0.5)


class TestAdmin:
    def test_retries_a_dead_letter(self, superuser: Client) -> None:
        (event,) = tell(make_notice(make_user()))
        EventCounter.objects.update(wake_at=None)
        letter = DeadLetter.objects.create(
            user=event.user, events=[event.pk], reason="odd", created_at=event.created_at
        )
        url = "/admin/notifications/deadletter/"
        assert "odd" in superuser.get(url).content.decode()

        superuser.post(url, {"action": "retry", "_selected_action": [letter.pk]})

        assert DeadLetter.objects.count() == 0
        assert EventCounter.objects.get().wake_at is not None

    def test_tries_a_failed_job_again(self, superuser: Client) -> None:
        put_down_job(minutes=1, status="failed")
        job = ProcrastinateJob.objects.get()
        url = "/admin/procrastinate/procrastinatejob/"
        assert superuser.get(url).status_code == 200

        superuser.post(url, {"action": "retry", "_selected_action": [job.pk]})

        assert ProcrastinateJob.objects.get().status == "todo"

    def test_shows_which_task_is_late(self, superuser: Client) -> None:
        record_run(name=TIDY, now=minutes_ago(200))

        page = superuser.get("/admin/notifications/periodicrun/").content.decode()

        assert "icon-yes" in page
