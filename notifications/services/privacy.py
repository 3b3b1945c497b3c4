"""What notifications hold about a person: his copy of it, and its erasure."""

from collections.abc import Mapping
from datetime import datetime

from backend.accounts.models import User
from notifications.models import Device, EmailAddress, Event, Mute, Preferences, Push, SetAside
from notifications.services.locks import forget_devices, lock_pushes, update_events


def export(*, user: User) -> Mapping[str, object]:
    """Events, devices and choices, ready for JSON. The push addresses are keys, and stay here."""
    return {
        "events": list(Event.objects.filter(user=user).order_by("seq").values("seq", "name", "data", "created_at")),
        "devices": list(Device.objects.filter(user=user).values("platform", "locale", "app_version", "created_at")),
        "mutes": list(Mute.objects.filter(user=user).order_by("id").values("topic", "until", "created_at")),
        "email": EmailAddress.objects.filter(user=user).values("address", "verified_at").first(),
        "preferences": Preferences.objects.filter(user=user).values().first(),
    }


def leave(*, user: User, now: datetime) -> None:
    """Nothing to do: nobody waits for a notification from him."""


def erase(*, user: User, now: datetime) -> None:
    """Remove all of it; the counter stays, so that no number is ever given twice."""
    forget_devices(Device.objects.filter(user=user))
    update_events(Event.objects.filter(user=user), pushed_at=now)
    lock_pushes(Push.objects.filter(event__user=user))
    Event.objects.filter(user=user).delete()
    Preferences.objects.filter(user=user).delete()
    Mute.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
    SetAside.objects.filter(user=user).delete()
