"""What all workers know together of Firebase and of LINE."""

from functools import cache

from django.conf import settings

from notifications.push.circuit import Circuit
from notifications.push.quota import Quota

PLATFORMS = ("android", "ios", "web")


@cache
def fcm_circuit(platform: str) -> Circuit:
    """The one of this process for a platform.

    One each, since Firebase reaches Apple's devices and browsers with keys of their own: where one is refused, the
    others go on.
    """
    return Circuit(f"fcm:{platform}")


@cache
def line_circuit() -> Circuit:
    """The one of this process."""
    return Circuit("line")


@cache
def fcm_quota() -> Quota:
    """What `FCM_QUOTA` says, in a minute."""
    return Quota(limit=settings.FCM_QUOTA, window_s=settings.FCM_QUOTA_WINDOW_S)
