"""What notifications hold about people: their records in the registry."""

from collections.abc import Mapping
from typing import Any

from backend.accounts.models import User
from backend.accounts.records import DAILY, HOURLY
from backend.accounts.registry import Basis, Copy, Purpose, Record, Timer
from notifications.models import (
    CodeLimit,
    DeadLetter,
    Device,
    EmailAddress,
    Event,
    EventCounter,
    Mute,
    PeriodicRun,
    Preferences,
    Push,
)
from notifications.services.email import delete_old_code_limits
from notifications.services.locks import forget_devices
from notifications.services.privacy import (
    erase_events,
    remove_ended_mutes,
    remove_old_dead_letters,
    remove_old_events,
    remove_signed_out_devices,
    remove_unseen_devices,
)


def _events(user: User) -> list[Mapping[str, Any]]:
    return list(Event.objects.filter(user=user).order_by("seq").values("seq", "name", "data", "created_at"))


def _devices(user: User) -> list[Mapping[str, Any]]:
    """Push addresses are secrets and are left out."""
    return list(Device.objects.filter(user=user).values("platform", "locale", "app_version", "created_at"))


def _mutes(user: User) -> list[Mapping[str, Any]]:
    return list(Mute.objects.filter(user=user).order_by("id").values("topic", "until", "created_at"))


def _email(user: User) -> Mapping[str, Any] | None:
    return EmailAddress.objects.filter(user=user).values("address", "verified_at").first()


def _preferences(user: User) -> Mapping[str, Any] | None:
    return Preferences.objects.filter(user=user).values().first()


# The locks of devices, events and pushes are taken in this order everywhere.
RECORDS = (
    Record(
        model=Device,
        personal=("user", "value", "installation", "locale", "last_seen_at"),
        plain=("app_version",),
        whose="the owner of the device",
        purpose=Purpose.NOTICE,
        basis=Basis.CONTRACT,
        copy=Copy(key="devices", read=_devices),
        erase=lambda user, now: forget_devices(Device.objects.filter(user=user)),
        timers=[
            Timer(job=HOURLY, after="sign-out", step=remove_signed_out_devices),
            Timer(job=HOURLY, after="DEVICE_DAYS", step=remove_unseen_devices),
        ],
    ),
    Record(
        model=Event,
        personal=("user", "data", "by"),
        plain=("name", "collapse_key"),
        whose="the person notified, and those of whom it tells",
        purpose=Purpose.NOTICE,
        basis=Basis.CONTRACT,
        copy=Copy(key="events", read=_events),
        erase=erase_events,
        kept="Titles of the person's pickups in what others were told, until EVENT_DAYS: their logs have no gaps.",
        timers=[Timer(job=HOURLY, after="EVENT_DAYS", step=remove_old_events, batch=1)],
    ),
    Record(
        model=Push,
        plain=("error",),
        whose="the person notified",
        purpose=Purpose.NOTICE,
        basis=Basis.CONTRACT,
        within="notifications.Event",
        timers=[Timer(job=HOURLY, after="EVENT_DAYS, with its event")],
    ),
    Record(
        model=Preferences,
        personal=("user", "quiet_from", "quiet_until"),
        whose="the person",
        purpose=Purpose.NOTICE,
        basis=Basis.CONTRACT,
        copy=Copy(key="preferences", read=_preferences),
        erase=lambda user, now: Preferences.objects.filter(user=user).delete(),
    ),
    Record(
        model=Mute,
        personal=("user", "topic"),
        whose="the person",
        purpose=Purpose.NOTICE,
        basis=Basis.CONTRACT,
        copy=Copy(key="mutes", read=_mutes),
        erase=lambda user, now: Mute.objects.filter(user=user).delete(),
        timers=[Timer(job=HOURLY, after="its end", step=remove_ended_mutes)],
    ),
    Record(
        model=EmailAddress,
        personal=("user", "address"),
        whose="the person",
        purpose=Purpose.NOTICE,
        basis=Basis.CONSENT,
        copy=Copy(key="email", read=_email),
        erase=lambda user, now: EmailAddress.objects.filter(user=user).delete(),
    ),
    Record(
        model=DeadLetter,
        personal=("user", "events", "reason"),
        whose="the person notified",
        purpose=Purpose.OPERATION,
        basis=Basis.INTEREST,
        not_copied="Names events that are in the copy, and why their delivery failed.",
        erase=lambda user, now: DeadLetter.objects.filter(user=user).delete(),
        timers=[Timer(job=DAILY, after="EVENT_DAYS", step=remove_old_dead_letters)],
    ),
    Record(
        model=EventCounter,
        personal=("user",),
        whose="the person notified",
        purpose=Purpose.NOTICE,
        basis=Basis.CONTRACT,
        not_copied="Numbers that the events in the copy carry.",
        kept="The counter, so that no number is used twice.",
    ),
    Record(
        model=CodeLimit,
        personal=("subject",),
        whose="the person who asks for a code by mail",
        purpose=Purpose.SAFETY,
        basis=Basis.INTEREST,
        not_copied="Counts of a day under a keyed hash.",
        kept="Counts under a keyed hash, for a day.",
        timers=[Timer(job=HOURLY, after="a day", step=delete_old_code_limits)],
    ),
    Record(model=PeriodicRun, plain=("name",)),
)
