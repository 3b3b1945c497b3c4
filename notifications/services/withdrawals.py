"""Withdrawing delivered notifications that were read on another device: a silent push with the same collapse id.

Off unless `PUSH_WITHDRAWALS_AN_HOUR` is set: every silent push counts towards the quota, and Apple delays what comes
more often than a few times an hour. Browsers forbid silent pushes, and LINE has none.
"""

import uuid
from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Value
from django.db.models.functions import Least

from notifications.models import Device, EventCounter, Push
from notifications.services.locks import lock_pushes
from notifications.services.notify import push_due_at

# What is older has probably been removed by its reader.
DELIVERED_WITHIN = timedelta(days=1)


def withdraw_read(*, user_id: uuid.UUID, now: datetime) -> None:
    """Send the delivered pushes of the events that were marked as read at `now` again, as withdrawals.

    Call it in the transaction that marks them, with the user's counter locked.
    """
    if not settings.PUSH_WITHDRAWALS_AN_HOUR:
        return
    pushes = _shown_pushes(user_id, now)
    sent = Push.objects.filter(device__in=[push.device_id for push in pushes], is_withdrawal=True)
    sent = sent.filter(sent_at__gt=now - timedelta(hours=1))
    counts: Counter[uuid.UUID | None] = Counter(sent.values_list("device_id", flat=True))
    chosen = []
    for push in pushes:
        if counts[push.device_id] < settings.PUSH_WITHDRAWALS_AN_HOUR:
            counts[push.device_id] += 1
            chosen.append(push.pk)
    if chosen:
        lock_pushes(Push.objects.filter(pk__in=chosen))
        Push.objects.filter(pk__in=chosen).update(is_withdrawal=True, state=Push.State.WAITING, attempts=0)
        EventCounter.objects.filter(pk=user_id).update(wake_at=Least("wake_at", Value(push_due_at(now))))


def _shown_pushes(user_id: uuid.UUID, now: datetime) -> list[Push]:
    """What devices still show of the events read at `now`: of each topic the newest push, if no later one is unread."""
    delivered = Push.objects.filter(
        event__user_id=user_id,
        event__created_at__gt=now - DELIVERED_WITHIN,
        state=Push.State.ACCEPTED,
        is_withdrawal=False,
        device__user_id=user_id,
        device__platform__in=[Device.Platform.ANDROID, Device.Platform.IOS],
    )
    newest: dict[tuple[uuid.UUID | None, str], Push] = {}
    for push in delivered.select_related("event").order_by("event__seq"):
        newest[push.device_id, push.event.topic] = push
    return [push for push in newest.values() if push.event.read_at == now]
