"""Firebase Cloud Messaging through the Admin SDK.

The SDK repeats requests by itself, sleeping as long as it is told to; here every message is tried once, and what
failed comes back through the job queue. It has no supported way to do that, nor to be sent to another endpoint:
`_service` is the one place that reaches under its surface.
"""

import logging
from collections.abc import Iterator, Sequence
from functools import cache, partial
from threading import Lock
from typing import Any

import structlog
from django.conf import settings
from firebase_admin import App, messaging
from firebase_admin.exceptions import UnknownError
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import Request
from requests.adapters import HTTPAdapter

from backend.shared.firebase import firebase_app
from notifications.push.fcm_outcomes import outcome_of
from notifications.push.fcm_payload import fcm_message
from notifications.push.protocol import Accepted, Outcome, PushMessage, Refused, Retry

log = structlog.get_logger(__name__)
BATCH = 100  # the SDK starts a thread for each message of a batch
_refreshing = Lock()


class FcmBackend:
    """Sends through the project that `FIREBASE_PROJECT_ID` names."""

    def send(self, messages: Sequence[PushMessage]) -> list[Outcome]:
        """Send them in batches; each message has its own outcome."""
        app = firebase_app()
        return [outcome for batch in _batches(messages) for outcome in _send_batch(app, batch)]


def _batches(messages: Sequence[PushMessage]) -> Iterator[Sequence[PushMessage]]:
    for start in range(0, len(messages), BATCH):
        yield messages[start : start + BATCH]


def _send_batch(app: App, batch: Sequence[PushMessage]) -> list[Outcome]:
    """Whatever keeps the whole batch from being sent is no message's fault, and passes."""
    try:
        _refresh_token(app)
        return _send_each(app, [fcm_message(message) for message in batch])
    except GoogleAuthError as error:
        passes = isinstance(error, TransportError) or error.retryable
        log.log(logging.WARNING if passes else logging.ERROR, "push_without_credentials", reason=str(error)[:200])
        return [Retry("credentials") for _ in batch]
    except Exception:
        log.exception("push_batch_failed", count=len(batch))
        return [Retry("batch failed") for _ in batch]


def _send_each(app: App, messages: list[messaging.Message]) -> list[Outcome]:
    try:
        responses = messaging.send_each(messages, app=app).responses
    except (ValueError, UnknownError) as error:
        # A message that the SDK will not take, or an answer it cannot read, must not stop the others.
        if len(messages) > 1:
            return [outcome for message in messages for outcome in _send_each(app, [message])]
        log.error("push_refused", reason=str(error)[:200])
        return [Refused("malformed") if isinstance(error, ValueError) else Retry("Unknown")]
    return [Accepted() if response.success else outcome_of(response.exception) for response in responses]


def _refresh_token(app: App) -> None:
    """Fetch the access token once: in a cold batch every thread of the SDK would fetch its own."""
    credential = _service(app)._credential
    with _refreshing:
        if not credential.valid:
            credential.refresh(partial(Request(), timeout=settings.FIREBASE_HTTP_TIMEOUT_S))


@cache
def _service(app: App) -> Any:
    """The SDK's messaging service for `app`, which tries once and, if `FCM_ENDPOINT` says so, elsewhere."""
    service = messaging._get_messaging_service(app)
    if settings.FCM_ENDPOINT:
        service._fcm_url = f"{settings.FCM_ENDPOINT.rstrip('/')}/v1/projects/{app.project_id}/messages:send"
    prefix = service._fcm_url.split("/v1/")[0]
    service._client.session.mount(prefix, HTTPAdapter(pool_connections=BATCH, pool_maxsize=BATCH, max_retries=0))
    return service
