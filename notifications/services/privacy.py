"""What this app stores about a user: its export and its erasure."""

from collections.abc import Mapping
from datetime import datetime

from backend.accounts.models import User
from notifications.models import DeadLetter, Device, EmailAddress, Event, Mute, Preferences, Push
from notifications.services.locks import forget_devices, lock_pushes, update_events


def export(*, user: User) -> Mapping[str, object]:
    """Events, devices and choices, ready for JSON. Push addresses are secrets and are left out."""
    return {
        "events": list(Event.objects.filter(user=user).order_by("seq").values("seq", "name", "data", "created_at")),
        "devices": list(Device.objects.filter(user=user).values("platform", "locale", "app_version", "created_at")),
        "mutes": list(Mute.objects.filter(user=user).order_by("id").values("topic", "until", "created_at")),
        "email": EmailAddress.objects.filter(user=user).values("address", "verified_at").first(),
        "preferences": Preferences.objects.filter(user=user).values().first(),
    }


def leave(*, user: User, now: datetime) -> None:
    """Do nothing: no other user waits for a notification from this one."""


def erase(*, user: User, now: datetime) -> None:
    """Delete everything except the counter, so that no number is used twice."""
    forget_devices(Device.objects.filter(user=user))
    update_events(Event.objects.filter(user=user), pushed_at=now)
    lock_pushes(Push.objects.filter(event__user=user))
    Event.objects.filter(user=user).delete()
    for model in (Preferences, Mute, EmailAddress, DeadLetter):
        model.objects.filter(user=user).delete()
