"""What the periodic tasks do: remove what is old, and say that they ran."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from backend.accounts.models import Session
from notifications.models import Device, Event, EventCounter, PeriodicRun

BATCH = 1_000


def record_run(*, name: str, now: datetime) -> None:
    """This periodic task has done its work; whoever watches sees when it last did."""
    row = PeriodicRun(name=name, last_run_at=now)
    PeriodicRun.objects.bulk_create([row], update_conflicts=True, unique_fields=["name"], update_fields=["last_run_at"])


def expect_runs(*, names: Iterable[str], now: datetime) -> None:
    """From now on somebody notices when one of these does not run at all."""
    PeriodicRun.objects.bulk_create([PeriodicRun(name=name, last_run_at=now) for name in names], ignore_conflicts=True)


@transaction.atomic
def remove_old_events(*, now: datetime) -> int:
    """Remove one batch of events older than `EVENT_DAYS`, and raise the floor of each log. Returns how many.

    What is left of a log is always without gaps: an event goes together with all before it.
    """
    old = Event.objects.filter(created_at__lt=now - timedelta(days=settings.EVENT_DAYS)).order_by("created_at")
    floors: dict[uuid.UUID, int] = {}
    for user_id, seq in old.values_list("user_id", "seq")[:BATCH]:
        floors[user_id] = max(seq, floors.get(user_id, 0))
    counters = list(_locked_counters(floors))
    for counter in counters:
        counter.floor = max(counter.floor, floors[counter.pk])
    EventCounter.objects.bulk_update(counters, ["floor"])
    below = Event.objects.filter(user_id__in=floors, seq__lte=F("user__event_counter__floor"))
    return below.delete()[1].get(Event._meta.label, 0)


def _locked_counters(user_ids: Iterable[uuid.UUID]) -> QuerySet[EventCounter]:
    counters = EventCounter.objects.filter(pk__in=list(user_ids)).order_by("pk")
    return counters.select_for_update(of=("self",), no_key=True)


def remove_signed_out_devices() -> int:
    """Forget the devices on which nobody is signed in any more. Returns how many."""
    session = Session.objects.filter(user=OuterRef("user"), installation=OuterRef("installation"))
    return Device.objects.exclude(Exists(session)).exclude(kind=Device.Kind.LINE).delete()[0]


def remove_unseen_devices(*, now: datetime) -> int:
    """Forget the devices that have shown no sign of life for `DEVICE_DAYS`. Returns how many."""
    unseen = Device.objects.filter(last_seen_at__lte=now - timedelta(days=settings.DEVICE_DAYS))
    return unseen.exclude(kind=Device.Kind.LINE).delete()[0]
