"""Deliver jobs: one waiting per person, deferred in the transaction of what they will tell."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import DEFAULT_QUEUE, Job
from procrastinate.manager import JobManager

DELIVER = "notifications.deliver"
# A job that has not started by then counts as lost, and the periodic task makes a new one.
OVERDUE = timedelta(minutes=1)
# A retry must not hold up news: the queue lets jobs with one lock start in the order of priority.
RETRY_PRIORITY = -1

_TAKE_TURN = """
    UPDATE notifications_eventcounter SET push_pending = true, wake_at = %s
    WHERE user_id = ANY(%s::uuid[]) AND NOT push_pending RETURNING user_id
"""


def schedule_pushes(*, user_ids: Collection[uuid.UUID], now: datetime) -> None:
    """Defer a deliver job for everybody who has none waiting; the counter rows are locked by the caller."""
    if not user_ids:
        return
    due_at = now + timedelta(seconds=settings.PUSH_WAIT_S)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_TURN, [due_at + OVERDUE, list(user_ids)])
        without_job = [user_id for (user_id,) in cursor.fetchall()]
    defer_deliver(user_ids=without_job, due_at=due_at)


def defer_deliver(*, user_ids: Collection[uuid.UUID], due_at: datetime, is_retry: bool = False) -> None:
    """Put one deliver job per person into the queue, as rows of the caller's transaction.

    The manager is our own: inside a worker, procrastinate's app writes over a connection that knows no transaction.
    """
    if user_ids:
        jobs = [_deliver_job(user_id, due_at, is_retry=is_retry) for user_id in user_ids]
        JobManager(DjangoConnector()).batch_defer_jobs(jobs)


def lock_of(user_id: uuid.UUID | str) -> str:
    """No two jobs with it run at the same time."""
    return f"deliver:{user_id}"


def _deliver_job(user_id: uuid.UUID, due_at: datetime, *, is_retry: bool) -> Job:
    return Job(
        id=None,
        queue=DEFAULT_QUEUE,
        task_name=DELIVER,
        task_kwargs={"user_id": str(user_id)},
        lock=lock_of(user_id),
        queueing_lock=None,
        scheduled_at=due_at,
        priority=RETRY_PRIORITY if is_retry else 0,
    )
