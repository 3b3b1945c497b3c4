"""Row locks in one order, which prevents deadlocks: counters by user id, then devices, events and pushes, each by id.

Inserting a push locks its device and its event, as foreign keys do.
"""

import uuid
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from notifications.models import Device, Event, EventCounter, Push


def lock_counters(user_ids: Collection[uuid.UUID]) -> None:
    counters = EventCounter.objects.filter(pk__in=user_ids).order_by("pk")
    list(counters.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))


def update_events(events: QuerySet[Event], **fields: Any) -> int:
    """Lock the events in order and set these fields; returns how many."""
    locked = events.order_by("pk").select_for_update(of=("self",), no_key=True).values("pk")
    return Event.objects.filter(pk__in=locked).update(**fields)


def lock_devices(devices: QuerySet[Device]) -> list[uuid.UUID]:
    return list(devices.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))


def lock_pushes(pushes: QuerySet[Push]) -> None:
    list(pushes.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))


@transaction.atomic
def forget_devices(devices: QuerySet[Device]) -> int:
    """Delete these devices; their pushes stay on record without a device. Returns how many."""
    ids = lock_devices(devices)
    lock_pushes(Push.objects.filter(device__in=ids))
    return Device.objects.filter(pk__in=ids).delete()[0]
