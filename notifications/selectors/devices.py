"""Reading devices."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from notifications.models import Device

SEEN_AGAIN_AFTER = timedelta(hours=6)


def has_silent_device(now: datetime) -> Exists:
    """Of a session: whether its device has been silent for so long that its next sign of life is worth a write."""
    own = Device.objects.filter(user=OuterRef("user"), installation=OuterRef("installation"))
    return Exists(own.filter(last_seen_at__lt=now - SEEN_AGAIN_AFTER))
