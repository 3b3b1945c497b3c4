"""Reading devices."""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from backend.accounts.selectors.sessions import live_sessions
from backend.core.db.prepared import columns_of, fetch_models
from notifications.models import Device, Preferences

SEEN_AGAIN_AFTER = timedelta(hours=6)
_DEVICES = f"""
    SELECT {columns_of(Device)} FROM notifications_device
    WHERE user_id = %(user_id)s AND id < %(before)s
    ORDER BY id DESC LIMIT %(limit)s
"""  # noqa: S608 - names of our own columns


def devices_of(user_id: uuid.UUID, before: uuid.UUID, limit: int) -> list[Device]:
    """The devices that this user has registered, the newest first."""
    return fetch_models(Device, _DEVICES, {"user_id": user_id, "before": before, "limit": limit})


def reachable_devices(*, user_ids: Collection[uuid.UUID], now: datetime) -> QuerySet[Device]:
    """LINE accounts, and the devices on which these users are signed in, so that nobody gets another user's pushes.

    Devices not seen for `DEVICE_STALE_DAYS` are left out: Firebase may have dropped their address.
    """
    is_signed_in = Exists(live_sessions(now).filter(user=OuterRef("user"), installation=OuterRef("installation")))
    is_alive = Q(is_signed_in, last_seen_at__gt=now - timedelta(days=settings.DEVICE_STALE_DAYS))
    return Device.objects.filter(is_alive | Q(kind=Device.Kind.LINE), user_id__in=user_ids).order_by("id")


def wanted_devices(devices: Iterable[Device], preferences: Preferences) -> list[Device]:
    """The devices of one user to push to: apps, or LINE when there is no app, so that nothing rings twice."""
    devices = list(devices)
    apps = [device for device in devices if preferences.push and device.kind != Device.Kind.LINE]
    is_line_wanted = preferences.line and settings.LINE_CHANNEL_TOKEN
    return apps or [device for device in devices if is_line_wanted and device.kind == Device.Kind.LINE]


def has_silent_device(now: datetime) -> Exists:
    """Of a session: whether its device was last seen long enough ago for `see_device` to write."""
    own = Device.objects.filter(user=OuterRef("user"), installation=OuterRef("installation"))
    return Exists(own.filter(last_seen_at__lt=now - SEEN_AGAIN_AFTER))
