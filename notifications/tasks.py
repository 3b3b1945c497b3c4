"""Jobs. Every task is safe to run twice: a worker may be killed at any line."""

import time
import uuid
from datetime import datetime
from threading import BoundedSemaphore

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.jobs import Job, Status

from backend.accounts.records import DAILY, HOURLY
from backend.accounts.registry import run_timers
from backend.core.clock import read_clock
from notifications.monitoring import periodic_tasks
from notifications.periodic import expect_runs, periodic, record_run
from notifications.services.delivery import deliver_due
from notifications.services.email import MAIL_CODE, mail_code, send_due_digests

log = structlog.get_logger(__name__)
DELIVER = "notifications.deliver_due"
DELIVER_PRIORITY = 20
DELIVERERS_MAX = 2  # in one worker: the second sends while the first waits for the database
POLL_S = 0.1
BUSY_S = 15
RECORD_EVERY_S = 10
JOB_ATTEMPTS_MAX = 8
FAILED_JOBS_KEPT_H = 24 * 7
MAINTENANCE_PRIORITY = 10
_delivery_slots = BoundedSemaphore(DELIVERERS_MAX)


@app.periodic(cron="* * * * * *")
@app.task(name=DELIVER, priority=DELIVER_PRIORITY)
def deliver_pushes(timestamp: int) -> None:
    """Every second: deliver what is due, and poll until the next second's job starts.

    While there is much to send, the next job helps, on this worker or another.
    """
    if not _delivery_slots.acquire(blocking=False):
        return
    started = time.monotonic()
    try:
        _deliver_while_due()
        # A run that was busy for long may be the only one in these seconds.
        if timestamp % RECORD_EVERY_S == 0 or time.monotonic() > started + RECORD_EVERY_S:
            record_run(name=DELIVER, now=read_clock())
    except Exception:
        # The leases expire, and the next job delivers.
        log.exception("deliver_failed")
    finally:
        _delivery_slots.release()


def _deliver_while_due() -> None:
    """Deliver for at most `BUSY_S`, so that a worker can stop in time."""
    started = time.monotonic()
    while time.monotonic() < started + BUSY_S:
        if deliver_due(clock=read_clock):
            continue
        if time.monotonic() >= started + settings.PUSH_LISTEN_S:
            return
        time.sleep(POLL_S)


@periodic(name=HOURLY, cron="15 * * * *", priority=MAINTENANCE_PRIORITY)
def tidy(now: datetime) -> None:
    """Every hour: remove what is held for hours or days, as the registry of personal data says."""
    run_timers(job=HOURLY, now=now)


@periodic(name=DAILY, cron="20 3 * * *", priority=MAINTENANCE_PRIORITY)
def retain(now: datetime) -> None:
    """Every night: remove what is held for weeks or longer, as the registry of personal data says."""
    run_timers(job=DAILY, now=now)


@app.periodic(cron="* * * * *")
@app.task(name="notifications.rescue", priority=MAINTENANCE_PRIORITY, pass_context=True)
async def rescue_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Every minute: put the jobs of killed workers back into the queue."""
    for job in await context.app.job_manager.get_stalled_jobs():
        try:
            await _rescue(context, job)
        except Exception:
            log.exception("rescue_failed", job=job.id, task=job.task_name)
    await sync_to_async(expect_runs)(names=periodic_tasks(), now=read_clock())
    await _record_run("notifications.rescue")


async def _rescue(context: JobContext, job: Job) -> None:
    manager = context.app.job_manager
    if job.attempts + 1 >= JOB_ATTEMPTS_MAX:
        log.error("job_given_up", job=job.id, task=job.task_name, attempts=job.attempts)
        await manager.finish_job(job, status=Status.FAILED, delete_job=False)
    else:
        await manager.retry_job(job)


@app.periodic(cron="30 3 * * *")
@app.task(name="notifications.remove_jobs", priority=MAINTENANCE_PRIORITY, pass_context=True)
async def remove_finished_jobs(context: JobContext, timestamp: int) -> None:
    """Every night: delete jobs that failed a week ago. The worker deletes those that succeed."""
    manager = context.app.job_manager
    await manager.delete_old_jobs(FAILED_JOBS_KEPT_H, include_failed=True, include_cancelled=True, include_aborted=True)
    await _record_run("notifications.remove_jobs")


async def _record_run(name: str) -> None:
    await sync_to_async(record_run)(name=name, now=read_clock())


@app.task(name=MAIL_CODE, retry=RetryStrategy(max_attempts=6, exponential_wait=4))
def mail_email_code(user_id: str, **cause: str) -> None:
    """Mail the code that verifies an address. The request that caused it is named in the log and in traces only."""
    mail_code(user_id=uuid.UUID(user_id))


@periodic(name="notifications.digests", cron="*/5 * * * *", priority=MAINTENANCE_PRIORITY)
def send_digests(now: datetime) -> None:
    """Every five minutes: send the daily mails that are due."""
    send_due_digests(clock=read_clock)
