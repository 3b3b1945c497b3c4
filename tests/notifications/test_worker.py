"""From a commit to a push, through the real job table and a real worker."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from notifications.models import EventCounter, PeriodicRun, Push
from notifications.push import memory
from notifications.push.protocol import Gone, PushMessage, Retry
from notifications.services.deliver import deliver
from notifications.services.notify import notify
from notifications.services.outbox import DELIVER, RETRY_PRIORITY
from notifications.services.upkeep import wake_sleepers
from notifications.tasks import JOB_ATTEMPTS_MAX
from tests.makers import make_user
from tests.makers_notifications import make_device, make_message_notice, make_notice, tell
from tests.notifications.conftest import work

pytestmark = pytest.mark.usefixtures("queue")


def just_now() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)


def deliver_jobs() -> list[ProcrastinateJob]:
    return list(ProcrastinateJob.objects.filter(task_name=DELIVER).order_by("id"))


class TestQueue:
    def test_a_worker_sends_what_was_committed(self, outbox: list[PushMessage]) -> None:
        device = make_device(make_user())
        tell(make_notice(device.user), now=just_now())

        work()

        assert [message.address for message in outbox] == [device.value]
        assert Push.objects.get().state == Push.State.ACCEPTED
        assert deliver_jobs() == []

    def test_a_rollback_leaves_neither_event_nor_job(self) -> None:
        device = make_device(make_user())
        with contextlib.suppress(ZeroDivisionError), transaction.atomic():
            notify(notices=[make_notice(device.user)], now=just_now())
            raise ZeroDivisionError

        assert device.user.events.count() == 0
        assert deliver_jobs() == []

    def test_a_burst_makes_one_job_and_one_push(self, outbox: list[PushMessage]) -> None:
        device = make_device(make_user())
        notice = make_message_notice(device.user)
        for _ in range(100):
            tell(notice, now=just_now())
        assert len(deliver_jobs()) == 1

        work()

        assert [message.body for message in outbox] == ["You have 100 new messages."]

    def test_the_next_event_makes_the_next_job(self, outbox: list[PushMessage]) -> None:
        device = make_device(make_user())
        for _ in range(2):
            tell(make_notice(device.user), now=just_now())
            work()

        assert len(outbox) == 2

    def test_no_job_without_a_wish_to_push(self) -> None:
        tell(make_notice(make_user(), push=False))

        assert deliver_jobs() == []

    def test_waits_a_moment_for_an_open_app(self, outbox: list[PushMessage], settings: Settings) -> None:
        settings.PUSH_WAIT_S = 60
        device = make_device(make_user())
        tell(make_notice(device.user), now=just_now())

        work()

        assert outbox == []
        assert len(deliver_jobs()) == 1

    def test_inside_a_job_too_the_next_job_is_part_of_the_transaction(self, outbox: list[PushMessage]) -> None:
        """In a worker, procrastinate's own app writes jobs past the transaction: they would outlive a rollback."""
        device = make_device(make_user())

        @app.task(name="tests.change_of_mind")
        def change_of_mind() -> None:
            with contextlib.suppress(ZeroDivisionError), transaction.atomic():
                notify(notices=[make_notice(device.user)], now=just_now())
                raise ZeroDivisionError

        try:
            change_of_mind.defer()
            work()
        finally:
            del app.tasks["tests.change_of_mind"]

        assert deliver_jobs() == []
        assert EventCounter.objects.count() == 0


class TestRetries:
    def test_come_back_later_and_behind_newer_jobs(self, outbox: list[PushMessage]) -> None:
        device = make_device(make_user())
        memory.outcomes[device.value] = Retry("Unavailable", after_s=120)
        tell(make_notice(device.user), now=just_now())

        work()

        (job,) = deliver_jobs()
        assert job.priority == RETRY_PRIORITY
        assert job.scheduled_at is not None
        wait_s = (job.scheduled_at - datetime.now(UTC)).total_seconds()
        assert 110 < wait_s < 160
        push = Push.objects.get()
        assert (push.state, push.attempts, push.error, push.due_at) == ("waiting", 1, "Unavailable", job.scheduled_at)

    def test_do_not_hold_up_news_for_another_device(self, outbox: list[PushMessage]) -> None:
        failing = make_device(make_user())
        memory.outcomes[failing.value] = Retry("Unavailable", after_s=120)
        tell(make_notice(failing.user), now=just_now())
        work()
        well = make_device(failing.user)

        tell(make_notice(failing.user), now=just_now())
        work()

        assert [message.address for message in outbox] == [failing.value, failing.value, well.value]
        assert Push.objects.get(device=well).state == Push.State.ACCEPTED

    def test_a_failing_person_stops_nobody_else(self, outbox: list[PushMessage]) -> None:
        broken, well = make_device(make_user()), make_device(make_user())
        memory.outcomes[broken.value] = RuntimeError("out of order")
        tell(make_notice(broken.user), make_notice(well.user), now=just_now())

        work()

        assert Push.objects.get(device=well).state == Push.State.ACCEPTED
        (job,) = deliver_jobs()
        assert job.status == "todo"
        assert job.attempts == 1
        assert job.priority == RETRY_PRIORITY

    def test_a_dead_address_is_forgotten(self, outbox: list[PushMessage]) -> None:
        device = make_device(make_user())
        memory.outcomes[device.value] = Gone("Unregistered")
        tell(make_notice(device.user), now=just_now())

        work()

        assert device.user.devices.count() == 0
        assert Push.objects.get().error == "Unregistered"


class TestKilledWorkers:
    def test_what_was_claimed_and_not_recorded_is_sent_again_under_the_same_id(self, outbox: list[PushMessage]) -> None:
        device = make_device(make_user())
        memory.outcomes[device.value] = RuntimeError("killed")
        tell(make_notice(device.user), now=just_now())
        with pytest.raises(RuntimeError):
            deliver(user_id=device.user_id, clock=just_now)
        memory.outcomes.clear()

        deliver(user_id=device.user_id, clock=just_now)

        first, second = outbox
        assert first.message_id == second.message_id
        assert Push.objects.get().state == Push.State.ACCEPTED

    def test_their_jobs_are_given_back(self, outbox: list[PushMessage]) -> None:
        device = make_device(make_user())
        tell(make_notice(device.user), now=just_now())
        take_and_die()

        app.tasks["notifications.rescue"].defer(timestamp=0)
        work()
        work()

        assert len(outbox) == 1

    def test_a_job_that_kills_every_worker_is_set_aside(self, outbox: list[PushMessage]) -> None:
        device = make_device(make_user())
        tell(make_notice(device.user), now=just_now())
        take_and_die(attempts=20)

        app.tasks["notifications.rescue"].defer(timestamp=0)
        work()

        assert [job.status for job in deliver_jobs()] == ["failed"]
        assert outbox == []
        assert wake_sleepers(now=just_now() + timedelta(hours=1)) == 0

    def test_a_job_that_always_fails_is_given_up_and_not_made_again(self, outbox: list[PushMessage]) -> None:
        device = make_device(make_user())
        tell(make_notice(device.user), now=just_now())
        # What only a mistake of ours could write: no text can be made of it.
        device.user.events.update(data=[])
        last_attempt()

        work()

        assert [job.status for job in deliver_jobs()] == ["failed"]
        assert wake_sleepers(now=just_now() + timedelta(hours=1)) == 0
        tell(make_notice(device.user), now=just_now())
        work()
        assert [message.title for message in outbox] == ["It is a match"]

    def test_a_lost_job_is_made_again(self, outbox: list[PushMessage]) -> None:
        device = make_device(make_user())
        now = just_now() - timedelta(minutes=2)
        tell(make_notice(device.user), now=now)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")

        wake_sleepers(now=just_now())
        work()

        assert len(outbox) == 1

    def test_a_job_that_merely_waits_is_not_doubled(self) -> None:
        device = make_device(make_user())
        tell(make_notice(device.user), now=just_now() - timedelta(minutes=2))

        assert wake_sleepers(now=just_now()) == 0
        assert len(deliver_jobs()) == 1


class TestPeriodicTasks:
    @pytest.mark.parametrize("name", ["wake", "tidy", "rescue", "remove_jobs"])
    def test_say_when_they_last_ran(self, name: str) -> None:
        app.tasks[f"notifications.{name}"].defer(timestamp=0)

        work()

        assert PeriodicRun.objects.get(name=f"notifications.{name}").last_run_at > just_now() - timedelta(seconds=30)


def last_attempt() -> None:
    """Every job has failed as often as it may but once."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = %s", [JOB_ATTEMPTS_MAX - 1])


def take_and_die(attempts: int = 0) -> None:
    """What a worker leaves behind that was killed a minute ago with the job in its hands."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')")
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s, worker_id = dead.id"
            " FROM procrastinate_workers dead",
            [attempts],
        )
