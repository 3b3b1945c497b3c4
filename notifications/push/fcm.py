"""Firebase Cloud Messaging through the Admin SDK.

The SDK retries requests by itself and sleeps as long as the service asks. Here every message is sent once, and the job
retries. The SDK has no public way to do that, nor to use another endpoint: `_service` is the one place that uses its
private attributes. Its `send_each` starts a thread per message; a kept pool is faster and yields outcomes as they come.
"""

import base64
import hashlib
import logging
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache, partial
from itertools import groupby
from operator import attrgetter
from threading import Lock
from typing import Any

import structlog
from django.conf import settings
from firebase_admin import App, exceptions, messaging
from firebase_admin.exceptions import FirebaseError
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import Request
from requests.adapters import HTTPAdapter

from backend.core.firebase import firebase_app
from notifications.links import url_of
from notifications.push.backends import Accepted, Barred, DeadAddress, Outcome, PushMessage, Refused, Retry
from notifications.push.circuit_breaker import fcm_circuit_breaker
from notifications.push.throttle import SenderPool, Throttle, fcm_quota, sending_deadline

log = structlog.get_logger(__name__)
SOUND = "default"
# The app was uninstalled, or belongs to another project.
DEAD = (messaging.UnregisteredError, messaging.SenderIdMismatchError)
# Our project or account is wrong or lacks a permission.
BARRED = (exceptions.NotFoundError, exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)
QUOTA_RETRY_S = 60.0  # what Firebase asks for when it sends no Retry-After
ADDRESS_FIELDS = {"message.token", "message.fid"}
_refreshing = Lock()


class FcmBackend:
    """Sends through the project in `FIREBASE_PROJECT_ID`, as fast as the quota and the circuit breaker allow."""

    def send(self, messages: Sequence[PushMessage]) -> Iterator[Outcome]:
        """The outcome of each message, in order. Pass messages of one platform together."""
        deadline, send_one = sending_deadline(), partial(_send, firebase_app())
        for platform, group in groupby(messages, key=attrgetter("platform")):
            throttle = Throttle(circuit=fcm_circuit_breaker(platform), quota=fcm_quota(), deadline=deadline)
            yield from _sender_pool().send(list(group), throttle=throttle, send_one=send_one)


@cache
def _sender_pool() -> SenderPool:
    return SenderPool(settings.FCM_THREADS, name="fcm")


def _send(app: App, message: PushMessage) -> Outcome:
    """Send one message; every error becomes its outcome."""
    try:
        _refresh_token(app)
        messaging.send(fcm_message(message), app=app)
    except FirebaseError as error:
        return outcome_of(error)
    except ValueError as error:
        log.error("push_refused", reason=str(error)[:200])
        return Refused("malformed")
    except GoogleAuthError as error:
        is_temporary = isinstance(error, TransportError) or error.retryable
        log.log(logging.WARNING if is_temporary else logging.ERROR, "push_without_credentials", reason=str(error)[:200])
        return Retry("credentials") if is_temporary else Barred("credentials")
    except Exception as error:
        log.error("push_answer_unknown", reason=repr(error)[:200])
        return Retry("Unknown")
    return Accepted()


def _refresh_token(app: App) -> None:
    """Fetch the access token once; otherwise every thread fetches its own."""
    credential = _service(app)._credential
    if credential.valid:
        return
    with _refreshing:
        if not credential.valid:
            credential.refresh(partial(Request(), timeout=settings.FIREBASE_HTTP_TIMEOUT_S))


@cache
def _service(app: App) -> Any:
    """The SDK's messaging service for `app`, without retries, at `FCM_ENDPOINT` if it is set."""
    service = messaging._get_messaging_service(app)
    if settings.FCM_ENDPOINT:
        service._fcm_url = f"{settings.FCM_ENDPOINT.rstrip('/')}/v1/projects/{app.project_id}/messages:send"
    prefix = service._fcm_url.split("/v1/")[0]
    service._client.session.mount(prefix, HTTPAdapter(pool_maxsize=settings.FCM_THREADS, max_retries=0))
    return service


def outcome_of(error: Exception) -> Outcome:
    """The outcome for an error of the SDK. What is neither final nor about our credentials is retried."""
    reason = type(error).__name__.removesuffix("Error")
    if isinstance(error, DEAD) or _names_address(error):
        return DeadAddress(reason)
    if isinstance(error, exceptions.InvalidArgumentError):
        log.error("push_refused", reason=reason, detail=str(error)[:200])
        return Refused(reason)
    if isinstance(error, BARRED):
        log.error("push_barred", reason=reason, detail=str(error)[:200])
        # The key for Apple's service or for browsers is wrong, or one browser was registered with an older key.
        return Barred(reason, is_for_all=not isinstance(error, messaging.ThirdPartyAuthError))
    after_s = _retry_after_s(error)
    if after_s is None and isinstance(error, messaging.QuotaExceededError):
        after_s = QUOTA_RETRY_S
    return Retry(reason, after_s=after_s)


def _names_address(error: Exception) -> bool:
    """Whether the error is an INVALID_ARGUMENT about the address, not about our payload."""
    if not isinstance(error, exceptions.InvalidArgumentError):
        return False
    try:
        details = error.http_response.json()["error"]["details"]
        fields = {violation["field"] for detail in details for violation in detail.get("fieldViolations", [])}
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    return bool(fields & ADDRESS_FIELDS)


def _retry_after_s(error: Exception) -> float | None:
    """The Retry-After header, in seconds or as a date (RFC 9110 section 10.2.3)."""
    response = getattr(error, "http_response", None)
    text = response.headers.get("Retry-After", "") if response is not None else ""
    try:
        return float(text) if text.isdigit() else (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None


def fcm_message(message: PushMessage) -> messaging.Message:
    """The message with the options of each platform. A repeated one replaces the first."""
    if message.is_withdrawal:
        return _withdrawal(message)
    return messaging.Message(
        **{message.address_kind: message.address},
        notification=messaging.Notification(title=message.title, body=message.body),
        data=dict(message.data),
        android=_android(message),
        apns=_apns(message),
        webpush=_webpush(message),
    )


def _withdrawal(message: PushMessage) -> messaging.Message:
    """Data alone, which Apple requires of what makes no sound. For a phone that is off it replaces the notification."""
    headers = {
        "apns-push-type": "background",
        "apns-priority": "5",
        "apns-collapse-id": message.collapse_id,
        "apns-expiration": str(int(time.time()) + message.ttl_s),
    }
    aps = messaging.Aps(content_available=True)
    return messaging.Message(
        **{message.address_kind: message.address},
        data=dict(message.data),
        android=messaging.AndroidConfig(collapse_key=message.collapse_id, priority="normal", ttl=message.ttl_s),
        apns=messaging.APNSConfig(headers=headers, payload=messaging.APNSPayload(aps)),
    )


def _android(message: PushMessage) -> messaging.AndroidConfig:
    return messaging.AndroidConfig(
        collapse_key=message.collapse_id,
        priority="high" if message.is_urgent else "normal",
        ttl=message.ttl_s,
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
        "apns-expiration": str(int(time.time()) + message.ttl_s),
    }
    sound = SOUND if message.has_sound else None
    aps = messaging.Aps(badge=message.badge, sound=sound, thread_id=message.channel)
    return messaging.APNSConfig(headers=headers, payload=messaging.APNSPayload(aps))


def _webpush(message: PushMessage) -> messaging.WebpushConfig:
    headers = {
        "TTL": str(message.ttl_s),
        "Urgency": "high" if message.is_urgent else "normal",
        "Topic": _topic(message.collapse_id),
    }
    link = url_of(message.link)
    return messaging.WebpushConfig(
        headers=headers,
        notification=messaging.WebpushNotification(tag=message.collapse_id, silent=not message.has_sound or None),
        # Firebase accepts only https.
        fcm_options=messaging.WebpushFCMOptions(link=link) if link.startswith("https://") else None,
    )


def _topic(collapse_id: str) -> str:
    """A topic of at most 32 characters of base64url (RFC 8030)."""
    digest = hashlib.sha256(collapse_id.encode()).digest()
    return base64.urlsafe_b64encode(digest)[:32].decode()
