"""One push as each platform likes it: Android, Apple and browsers."""

import base64
import hashlib
import time

from django.conf import settings
from firebase_admin import messaging

from notifications.push.protocol import PushMessage

SOUND = "default"


def fcm_message(message: PushMessage) -> messaging.Message:
    """The same push as each platform likes it. A repeated one replaces itself: a time-out may have arrived."""
    return messaging.Message(
        **{message.address_kind: message.address},
        notification=messaging.Notification(title=message.title, body=message.body),
        data=dict(message.data),
        android=_android(message),
        apns=_apns(message),
        webpush=_webpush(message),
    )


def _android(message: PushMessage) -> messaging.AndroidConfig:
    return messaging.AndroidConfig(
        collapse_key=message.collapse_id,
        priority="high" if message.is_urgent else "normal",
        ttl=message.life_s,
        notification=messaging.AndroidNotification(
            channel_id=message.channel,
            tag=message.collapse_id,
            sound=SOUND if message.has_sound else None,
            visibility="private" if message.is_private else "public",
            notification_count=message.badge or None,
        ),
    )


def _apns(message: PushMessage) -> messaging.APNSConfig:
    headers = {
        "apns-collapse-id": message.collapse_id,
        "apns-priority": "10" if message.is_urgent else "5",
        "apns-push-type": "alert",
        "apns-expiration": str(int(time.time()) + message.life_s),
    }
    sound = SOUND if message.has_sound else None
    aps = messaging.Aps(badge=message.badge, sound=sound, thread_id=message.channel)
    return messaging.APNSConfig(headers=headers, payload=messaging.APNSPayload(aps))


def _webpush(message: PushMessage) -> messaging.WebpushConfig:
    headers = {
        "TTL": str(message.life_s),
        "Urgency": "high" if message.is_urgent else "normal",
        "Topic": _topic(message.collapse_id),
    }
    link = f"{settings.PUBLIC_URL}{message.link}"
    return messaging.WebpushConfig(
        headers=headers,
        notification=messaging.WebpushNotification(tag=message.collapse_id, silent=not message.has_sound or None),
        # Firebase takes https alone.
        fcm_options=messaging.WebpushFCMOptions(link=link) if link.startswith("https://") else None,
    )


def _topic(collapse_id: str) -> str:
    """At most 32 characters of base64url, as RFC 8030 wants a topic."""
    digest = hashlib.sha256(collapse_id.encode()).digest()
    return base64.urlsafe_b64encode(digest)[:32].decode()
