"""From a commit to a push, through a real worker."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from notifications.models import EventCounter, PeriodicRun, Push
from notifications.push import backends
from notifications.push.backends import DeadAddress, PushMessage, Retry
from notifications.services.notify import notify
from notifications.tasks import JOB_ATTEMPTS_MAX
from tests.factories.notifications import make_device, make_message_notice, make_notice, tell
from tests.factories.people import make_user
from tests.notifications.conftest import work

pytestmark = pytest.mark.usefixtures("transactional_db", "awake")
TIDY = "notifications.tidy"


def just_now() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)


def people_due() -> int:
    return EventCounter.objects.exclude(wake_at=None).count()


class TestWorker:
    def test_sends_what_was_committed(self, outbox: list[PushMessage]) -> None:
        device = make_device(make_user())
        tell(make_notice(device.user), now=just_now())

        work()

        assert [message.address for message in outbox] == [device.value]
        assert Push.objects.get().state == Push.State.ACCEPTED
        assert people_due() == 0

    def test_a_rollback_leaves_neither_event_nor_job(self) -> None:
        device = make_device(make_user())
        with contextlib.suppress(ZeroDivisionError), transaction.atomic():
            notify(notices=[make_notice(device.user)], now=just_now())
            raise ZeroDivisionError

        assert device.user.events.count() == 0
        assert people_due() == 0

    def test_a_burst_makes_one_job_and_one_push(self, outbox: list[PushMessage]) -> None:
        device = make_device(make_user())
        notice = make_message_notice(device.user)
        for _ in range(100):
            tell(notice, now=just_now())
        assert people_due() == 1

        work()

        assert [message.body for message in outbox] == ["You have 100 new messages."]

    def test_nobody_is_due_without_a_wish_to_push(self) -> None:
        tell(make_notice(make_user(), push=False))

        assert people_due() == 0

    def test_waits_a_moment_for_an_open_app(self, outbox: list[PushMessage], settings: Settings) -> None:
        settings.PUSH_WAIT_S = 60
        device = make_device(make_user())
        tell(make_notice(device.user), now=just_now())

        work()

        assert outbox == []
        assert people_due() == 1

    def test_a_retry_does_not_hold_up_news_for_another_device(self, outbox: list[PushMessage]) -> None:
        failing = make_device(make_user())
        backends.outcomes[failing.value] = Retry("Unavailable", after_s=120)
        tell(make_notice(failing.user), now=just_now())
        work()
        well = make_device(failing.user)

        tell(make_notice(failing.user), now=just_now())
        work()

        assert [message.address for message in outbox] == [failing.value, failing.value, well.value]
        assert Push.objects.get(device=well).state == Push.State.ACCEPTED
        due_at = Push.objects.filter(device=failing).earliest("due_at").due_at
        assert EventCounter.objects.get().wake_at == due_at

    def test_a_dead_address_is_forgotten(self, outbox: list[PushMessage]) -> None:
        device = make_device(make_user())
        backends.outcomes[device.value] = DeadAddress("Unregistered")
        tell(make_notice(device.user), now=just_now())

        work()

        assert device.user.devices.count() == 0
        assert Push.objects.get().error == "Unregistered"


class TestJobsOfKilledWorkers:
    def test_are_given_back(self) -> None:
        app.tasks[TIDY].defer(timestamp=0)
        take_and_die()

        app.tasks["notifications.rescue"].defer(timestamp=0)
        work()
        work()

        assert not ProcrastinateJob.objects.filter(task_name=TIDY).exists()
        assert PeriodicRun.objects.filter(name=TIDY).exists()

    def test_are_given_up_when_they_kill_every_worker(self) -> None:
        app.tasks[TIDY].defer(timestamp=0)
        take_and_die(attempts=JOB_ATTEMPTS_MAX)

        app.tasks["notifications.rescue"].defer(timestamp=0)
        work()

        assert ProcrastinateJob.objects.get(task_name=TIDY).status == "failed"


class TestPeriodicTasks:
    @pytest.mark.parametrize("name", ["deliver_due", "tidy", "rescue", "remove_jobs"])
    def test_say_when_they_last_ran(self, name: str) -> None:
        app.tasks[f"notifications.{name}"].defer(timestamp=0)

        work()

        assert PeriodicRun.objects.get(name=f"notifications.{name}").last_run_at > just_now() - timedelta(seconds=30)


def take_and_die(attempts: int = 0) -> None:
    """The row of a job whose worker was killed a minute ago."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')")
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s, worker_id = dead.id"
            " FROM procrastinate_workers dead",
            [attempts],
        )
