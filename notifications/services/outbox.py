"""One waiting deliver job per person, deferred in the transaction of what it will tell."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings

from notifications.models import EventCounter


def schedule_pushes(*, user_ids: Collection[uuid.UUID], now: datetime) -> None:
    """Defer a deliver job for everybody who has none waiting; the counter rows are locked by the caller."""
    waiting = EventCounter.objects.filter(user_id__in=user_ids, push_pending=False)
    without_job = list(waiting.values_list("user_id", flat=True))
    EventCounter.objects.filter(user_id__in=without_job).update(push_pending=True)
    due_at = now + timedelta(seconds=settings.PUSH_WAIT_S)
    for user_id in without_job:
        _defer_deliver(user_id, due_at)


def _defer_deliver(user_id: uuid.UUID, due_at: datetime) -> None:
    """By the task's name: the task stands above services and calls them."""
    from procrastinate.contrib.django import app  # noqa: PLC0415 - ready only once Django's apps are

    app.configure_task("notifications.deliver", schedule_at=due_at, lock=f"deliver:{user_id}").defer(
        user_id=str(user_id)
    )
