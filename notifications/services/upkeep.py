"""What the periodic tasks do: remove what is over, and say that they ran."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef

from backend.accounts.models import Session
from notifications.models import Device, PeriodicRun
from notifications.services.locks import forget_devices


def record_run(*, name: str, now: datetime) -> None:
    """This periodic task has done its work; whoever watches sees when it last did."""
    row = PeriodicRun(name=name, last_run_at=now)
    PeriodicRun.objects.bulk_create([row], update_conflicts=True, unique_fields=["name"], update_fields=["last_run_at"])


def expect_runs(*, names: Iterable[str], now: datetime) -> None:
    """From now on somebody notices when one of these does not run at all."""
    PeriodicRun.objects.bulk_create([PeriodicRun(name=name, last_run_at=now) for name in names], ignore_conflicts=True)


def remove_signed_out_devices() -> int:
    """Forget the devices on which nobody is signed in any more. Returns how many."""
    session = Session.objects.filter(user=OuterRef("user"), installation=OuterRef("installation"))
    return forget_devices(Device.objects.exclude(Exists(session)).exclude(kind=Device.Kind.LINE))


def remove_unseen_devices(*, now: datetime) -> int:
    """Forget the devices that have shown no sign of life for `DEVICE_DAYS`. Returns how many."""
    unseen = Device.objects.filter(last_seen_at__lte=now - timedelta(days=settings.DEVICE_DAYS))
    return forget_devices(unseen.exclude(kind=Device.Kind.LINE))
