"""The doors of the job queue. Every task is safe to run twice: a worker may be killed at any line."""

import random
import uuid

import structlog
from asgiref.sync import sync_to_async
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job, Status

from backend.accounts.services.sessions import end_expired_sessions
from backend.shared.clock import read_clock
from backend.shared.idempotency import delete_old_answers
from notifications.services import upkeep
from notifications.services.deliver import deliver
from notifications.services.outbox import DELIVER, RETRY_PRIORITY
from notifications.services.outcomes import give_up

log = structlog.get_logger(__name__)
JOB_ATTEMPTS_MAX = 8
JOB_WAIT_MAX_S = 600
FAILED_JOBS_KEPT_H = 24 * 7
UPKEEP_PRIORITY = 10


def _is_last_attempt(job: Job) -> bool:
    return job.attempts + 1 >= JOB_ATTEMPTS_MAX


class Backoff(BaseRetryStrategy):
    """Doubling from 2 s up to 10 minutes, half as much again at random; then the job is set aside as failed."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to run again. Out of the way of newer jobs, which the lock would otherwise hold up."""
        if _is_last_attempt(job):
            return None
        wait_s = min(2 ** (job.attempts + 1), JOB_WAIT_MAX_S) * random.uniform(1, 1.5)  # noqa: S311 - spreads load
        return RetryDecision(retry_in={"seconds": round(wait_s)}, priority=RETRY_PRIORITY)


@app.task(name=DELIVER, retry=Backoff(), pass_context=True)
def deliver_pushes(context: JobContext, user_id: str) -> None:
    """Reach one person who is not looking. What fails time after time is given up, or it would come back for ever."""
    try:
        deliver(user_id=uuid.UUID(user_id), clock=read_clock)
    except Exception:
        if _is_last_attempt(context.job):
            give_up(user_id=uuid.UUID(user_id), now=read_clock())
        raise


@app.periodic(cron="* * * * * */10")
@app.task(name="notifications.wake", priority=UPKEEP_PRIORITY)
def wake_sleepers(timestamp: int) -> None:
    """Every 10 seconds: pushes that waited for the morning, or whose job was lost."""
    now = read_clock()
    upkeep.wake_sleepers(now=now)
    upkeep.record_run(name="notifications.wake", now=now)


@app.periodic(cron="15 * * * *")
@app.task(name="notifications.tidy", priority=UPKEEP_PRIORITY)
def tidy(timestamp: int) -> None:
    """Every hour: events, kept answers, sessions and devices that nobody needs any more."""
    now = read_clock()
    while upkeep.remove_old_events(now=now):
        pass
    delete_old_answers(now=now)
    end_expired_sessions(now=now)
    upkeep.remove_signed_out_devices()
    upkeep.record_run(name="notifications.tidy", now=now)


@app.periodic(cron="* * * * *")
@app.task(name="notifications.rescue", priority=UPKEEP_PRIORITY, pass_context=True)
async def rescue_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Every minute: give the jobs of killed workers back to the queue, whatever their task."""
    for job in await context.app.job_manager.get_stalled_jobs():
        try:
            await _rescue(context, job)
        except Exception:
            log.exception("rescue_failed", job=job.id, task=job.task_name)
    await _record_run("notifications.rescue")


async def _rescue(context: JobContext, job: Job) -> None:
    manager = context.app.job_manager
    if _is_last_attempt(job):
        log.error("job_set_aside", job=job.id, task=job.task_name, attempts=job.attempts)
        if job.task_name == DELIVER:
            await sync_to_async(give_up)(user_id=uuid.UUID(str(job.task_kwargs["user_id"])), now=read_clock())
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
