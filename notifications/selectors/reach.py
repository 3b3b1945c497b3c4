"""How, whether and about whom a person can be reached."""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from backend.accounts.models import Block
from backend.accounts.selectors.sessions import live_sessions
from backend.core.db.prepared import columns_of, fetch_models
from backend.core.errors import NotFound
from notifications.models import Device, EmailAddress, Preferences
from notifications.quiet import quiet_hours_of

_DEVICES = f"""
    SELECT {columns_of(Device)} FROM notifications_device
    WHERE user_id = %(user_id)s AND id < %(before)s
    ORDER BY id DESC LIMIT %(limit)s
"""  # noqa: S608 - names of our own columns
_PREFERENCES = f"""
    SELECT {columns_of(Preferences)} FROM notifications_preferences WHERE user_id = %(user_id)s
"""  # noqa: S608 - names of our own columns


def devices_of(user_id: uuid.UUID, before: uuid.UUID, limit: int) -> list[Device]:
    """The devices this person has registered, the newest first."""
    return fetch_models(Device, _DEVICES, {"user_id": user_id, "before": before, "limit": limit})


def reachable_devices(*, user_ids: Collection[uuid.UUID], now: datetime) -> QuerySet[Device]:
    """Those on which their people are still signed in, so that nobody reads the pushes of who was there before.

    Without those that have shown no sign of life for `DEVICE_STALE_DAYS`: Firebase may have forgotten them long ago.
    """
    is_signed_in = Exists(live_sessions(now).filter(user=OuterRef("user"), installation=OuterRef("installation")))
    is_alive = Q(is_signed_in, last_seen_at__gt=now - timedelta(days=settings.DEVICE_STALE_DAYS))
    return Device.objects.filter(is_alive | Q(kind=Device.Kind.LINE), user_id__in=user_ids).order_by("id")


def wanted_devices(devices: Iterable[Device], preferences: Preferences) -> list[Device]:
    """Those of one person's that are to be reached: LINE stands in where no app can be, so that nothing rings twice."""
    devices = list(devices)
    apps = [device for device in devices if preferences.push and device.kind != Device.Kind.LINE]
    is_line_wanted = preferences.line and settings.LINE_CHANNEL_TOKEN
    line = [device for device in devices if is_line_wanted and device.kind == Device.Kind.LINE]
    return apps or line


def email_of(user_id: uuid.UUID) -> EmailAddress:
    """The address this person gave. Raises NotFound."""
    address = EmailAddress.objects.filter(pk=user_id).first()
    if address is None:
        raise NotFound
    return address


def preferences_of(user_id: uuid.UUID) -> Preferences:
    """What the person has chosen, or an unsaved row of the defaults."""
    found = fetch_models(Preferences, _PREFERENCES, {"user_id": user_id})
    return found[0] if found else Preferences(user_id=user_id)


def earliest_push_to(user_id: uuid.UUID, *, now: datetime) -> datetime:
    """When this person can be rung first: `now`, or when the quiet hours end."""
    quiet = quiet_hours_of(preferences_of(user_id))
    return quiet.end_after(now) if quiet.covers(now) else now


def preferences_by_user(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Preferences]:
    """`preferences_of` for many."""
    chosen = {preferences.pk: preferences for preferences in Preferences.objects.filter(pk__in=user_ids)}
    return {user_id: chosen.get(user_id) or Preferences(user_id=user_id) for user_id in user_ids}


def estranged_by_user(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """For each of these everybody whom this person has blocked, or who has blocked this person."""
    estranged: dict[uuid.UUID, set[uuid.UUID]] = {user_id: set() for user_id in user_ids}
    pairs = Block.objects.filter(Q(blocker__in=user_ids) | Q(blocked__in=user_ids))
    for blocker, blocked in pairs.values_list("blocker_id", "blocked_id"):
        estranged.get(blocker, set()).add(blocked)
        estranged.get(blocked, set()).add(blocker)
    return estranged
