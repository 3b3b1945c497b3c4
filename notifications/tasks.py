"""The doors of the job queue. Every task is safe to run twice: a worker may be killed at any line."""

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

from backend.accounts.services.sessions import end_expired_sessions
from backend.accounts.services.tickets import forget_used_tickets
from backend.core.clock import read_clock
from backend.core.http.idempotency import delete_old_answers
from notifications.periodic import periodic
from notifications.selectors.alarms import periodic_tasks
from notifications.services import upkeep
from notifications.services.deliver import deliver_due
from notifications.services.digest import send_due_digests
from notifications.services.email import MAIL_CODE, mail_code
from notifications.services.mutes import remove_past_mutes
from notifications.services.retention import remove_old_events

log = structlog.get_logger(__name__)
DELIVER = "notifications.deliver_due"
DELIVER_PRIORITY = 20
DELIVERERS_MAX = 2  # in one worker: the second sends while the first waits for the database
POLL_S = 0.1
BUSY_S = 15
RECORD_EVERY_S = 10
JOB_ATTEMPTS_MAX = 8
FAILED_JOBS_KEPT_H = 24 * 7
UPKEEP_PRIORITY = 10
_deliverers = BoundedSemaphore(DELIVERERS_MAX)


def _is_last_attempt(job: Job) -> bool:
    return job.attempts + 1 >= JOB_ATTEMPTS_MAX


@app.periodic(cron="* * * * * *")
@app.task(name=DELIVER, priority=DELIVER_PRIORITY)
def deliver_pushes(timestamp: int) -> None:
    """Every second: reach who is not looking, and wait a second for more, so that at all times somebody looks.

    While there is much to send the next second's job helps, on this worker or on another.
    """
    if not _deliverers.acquire(blocking=False):
        return
    started = time.monotonic()
    try:
        _deliver_while_due()
        # One that was busy for long may be the only one of these seconds.
        if timestamp % RECORD_EVERY_S == 0 or time.monotonic() > started + RECORD_EVERY_S:
            upkeep.record_run(name=DELIVER, now=read_clock())
    except Exception:
        # Whoever was taken is taken again; the next second's job tries.
        log.exception("deliver_failed")
    finally:
        _deliverers.release()


def _deliver_while_due() -> None:
    """Ends before a worker that is told to stop loses its patience."""
    started = time.monotonic()
    while time.monotonic() < started + BUSY_S:
        if deliver_due(clock=read_clock):
            continue
        if time.monotonic() >= started + settings.PUSH_LISTEN_S:
            return
        time.sleep(POLL_S)


@periodic(name="notifications.tidy", cron="15 * * * *", priority=UPKEEP_PRIORITY)
def tidy(now: datetime) -> None:
    """Every hour: events, kept answers, sessions, used tickets and devices that nobody needs any more."""
    while remove_old_events(now=now):
        pass
    delete_old_answers(now=now)
    end_expired_sessions(now=now)
    forget_used_tickets(now=now)
    upkeep.remove_signed_out_devices()
    upkeep.remove_unseen_devices(now=now)
    remove_past_mutes(now=now)


@app.periodic(cron="* * * * *")
@app.task(name="notifications.rescue", priority=UPKEEP_PRIORITY, pass_context=True)
async def rescue_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Every minute: give the jobs of killed workers back to the queue, whatever their task."""
    for job in await context.app.job_manager.get_stalled_jobs():
        try:
            await _rescue(context, job)
        except Exception:
            log.exception("rescue_failed", job=job.id, task=job.task_name)
    await sync_to_async(upkeep.expect_runs)(names=periodic_tasks(), now=read_clock())
    await _record_run("notifications.rescue")


async def _rescue(context: JobContext, job: Job) -> None:
    manager = context.app.job_manager
    if _is_last_attempt(job):
        log.error("job_set_aside", job=job.id, task=job.task_name, attempts=job.attempts)
        await manager.finish_job(job, status=Status.FAILED, delete_job=False)
    else:
        await manager.retry_job(job)


@app.periodic(cron="30 3 * * *")
@app.task(name="notifications.remove_jobs", priority=UPKEEP_PRIORITY, pass_context=True)
async def remove_finished_jobs(context: JobContext, timestamp: int) -> None:
    """Every night: jobs that were set aside a week ago. The worker itself removes those that went well."""
    manager = context.app.job_manager
    await manager.delete_old_jobs(FAILED_JOBS_KEPT_H, include_failed=True, include_cancelled=True, include_aborted=True)
    await _record_run("notifications.remove_jobs")


async def _record_run(name: str) -> None:
    await sync_to_async(upkeep.record_run)(name=name, now=read_clock())


@app.task(name=MAIL_CODE, retry=RetryStrategy(max_attempts=6, exponential_wait=4))
def mail_email_code(user_id: str) -> None:
    """Mail the code that shows whose an address is."""
    mail_code(user_id=uuid.UUID(user_id))


@periodic(name="notifications.digests", cron="*/5 * * * *", priority=UPKEEP_PRIORITY)
def send_digests(now: datetime) -> None:
    """Every five minutes: the daily mails that are due."""
    send_due_digests(clock=read_clock)
