"""What all workers know of Firebase together."""

from functools import cache

from django.conf import settings

from notifications.push.circuit import Circuit
from notifications.push.quota import Quota


@cache
def fcm_circuit() -> Circuit:
    """The one of this process."""
    return Circuit("fcm")


@cache
def fcm_quota() -> Quota:
    """What `FCM_QUOTA` says, in a minute."""
    return Quota(limit=settings.FCM_QUOTA, window_s=settings.FCM_QUOTA_WINDOW_S)
