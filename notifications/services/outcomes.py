"""What became of the pushes that were sent."""

import random
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from notifications.models import Device, Event, EventCounter, Push
from notifications.push.protocol import Accepted, Gone, Outcome, Retry
from notifications.services.claim import ATTEMPTS_MAX, GAVE_UP
from notifications.services.outbox import OVERDUE, defer_deliver

BACKOFF_FIRST_S = 5.0
BACKOFF_MAX_S = 600.0
RETRY_AFTER_MAX_S = 3_600.0
JITTER = 0.25


@transaction.atomic
def record_outcomes(*, user_id: uuid.UUID, outcomes: Mapping[int, Outcome], now: datetime) -> None:
    """Settle each push by its id, forget devices that are gone, and put one job down for all that is to be retried."""
    counter = EventCounter.objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)
    pushes = list(Push.objects.select_related("device").filter(pk__in=outcomes).order_by("pk"))
    for push in pushes:
        _settle(push, outcomes[push.pk], now)
    Push.objects.bulk_update(pushes, ["state", "error", "due_at", "sent_at"])
    gone = [push.device_id for push in pushes if push.device_id and isinstance(outcomes[push.pk], Gone)]
    # Not a device that has come to somebody else meanwhile.
    Device.objects.filter(pk__in=gone, user_id=user_id).delete()
    if retries := [push.due_at for push in pushes if push.state == Push.State.WAITING and push.due_at]:
        _come_back(counter, min(retries))


@transaction.atomic
def give_up(*, user_id: uuid.UUID, now: datetime) -> None:
    """Settle unsent all that waits for this person: something in it stops every job. What comes later starts afresh."""
    EventCounter.objects.filter(pk=user_id).update(push_pending=False, wake_at=None)
    Event.objects.filter(user_id=user_id, wants_push=True, pushed_at=None).update(pushed_at=now)
    waiting = Push.objects.filter(event__user_id=user_id, state=Push.State.WAITING)
    waiting.update(state=Push.State.FAILED, error=GAVE_UP)


def retry_delay_s(*, attempts: int, after_s: float | None) -> float:
    """Seconds until the next attempt: what the service asked for, else doubling from 5 s up to 10 minutes.

    A quarter is added at random, so that those who failed together do not come back together.
    """
    wait_s = min(BACKOFF_FIRST_S * 2.0 ** (attempts - 1), BACKOFF_MAX_S)
    if after_s is not None:
        wait_s = min(max(after_s, 1.0), RETRY_AFTER_MAX_S)
    return wait_s * random.uniform(1, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing


def _settle(push: Push, outcome: Outcome, now: datetime) -> None:
    if isinstance(outcome, Accepted):
        push.state, push.error, push.sent_at = Push.State.ACCEPTED, "", now
        return
    push.error = outcome.reason[:60]
    if isinstance(outcome, Retry) and push.attempts < ATTEMPTS_MAX:
        push.due_at = now + timedelta(seconds=retry_delay_s(attempts=push.attempts, after_s=outcome.after_s))
    else:
        push.state = Push.State.FAILED


def _come_back(counter: EventCounter, due_at: datetime) -> None:
    """One job when the first retry is due; the counter remembers too, should the job be lost."""
    counter.wake_at = min(counter.wake_at or due_at + OVERDUE, due_at + OVERDUE)
    counter.save(update_fields=["wake_at"])
    defer_deliver(user_ids=[counter.pk], due_at=due_at, is_retry=True)
