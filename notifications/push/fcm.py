"""Firebase Cloud Messaging through the Admin SDK.

The SDK repeats requests by itself, sleeping as long as it is told to; here every message is tried once, and what
failed comes back when it is due. It has no supported way to do that, nor to be sent to another endpoint: `_service` is
the one place that reaches under its surface. Its `send_each` starts a thread for each message; a pool that is kept is
faster, and tells each outcome as it comes.
"""

import logging
from collections.abc import Iterator, Sequence
from functools import cache, partial
from itertools import groupby
from operator import attrgetter
from threading import Lock
from typing import Any

import structlog
from django.conf import settings
from firebase_admin import App, messaging
from firebase_admin.exceptions import FirebaseError
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import Request
from requests.adapters import HTTPAdapter

from backend.core.firebase import firebase_app
from notifications.push.fcm_outcomes import outcome_of
from notifications.push.fcm_payload import fcm_message
from notifications.push.gate import Gate, sending_ends
from notifications.push.gates import fcm_circuit, fcm_quota
from notifications.push.protocol import Accepted, Barred, Outcome, PushMessage, Refused, Retry
from notifications.push.threads import Threads

log = structlog.get_logger(__name__)
_refreshing = Lock()


class FcmBackend:
    """Sends through the project that `FIREBASE_PROJECT_ID` names, as fast as quota and circuit let it."""

    def send(self, messages: Sequence[PushMessage]) -> Iterator[Outcome]:
        """Each message's own outcome, in turn. Give those of a platform together: the next waits for the last."""
        until, send_one = sending_ends(), partial(_send, firebase_app())
        for platform, some in groupby(messages, key=attrgetter("platform")):
            gate = Gate(circuit=fcm_circuit(platform), quota=fcm_quota(), until=until)
            yield from _threads().send(list(some), gate=gate, send_one=send_one)


@cache
def _threads() -> Threads:
    return Threads(settings.FCM_THREADS, name="fcm")


def _send(app: App, message: PushMessage) -> Outcome:
    """One message; whatever goes wrong is its outcome."""
    try:
        _refresh_token(app)
        messaging.send(fcm_message(message), app=app)
    except FirebaseError as error:
        return outcome_of(error)
    except ValueError as error:
        log.error("push_refused", reason=str(error)[:200])
        return Refused("malformed")
    except GoogleAuthError as error:
        passes = isinstance(error, TransportError) or error.retryable
        log.log(logging.WARNING if passes else logging.ERROR, "push_without_credentials", reason=str(error)[:200])
        return Retry("credentials") if passes else Barred("credentials")
    except Exception as error:
        log.error("push_answer_unknown", reason=repr(error)[:200])
        return Retry("Unknown")
    return Accepted()


def _refresh_token(app: App) -> None:
    """Fetch the access token once: when it is cold every thread of the SDK would fetch its own."""
    credential = _service(app)._credential
    if credential.valid:
        return
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
    service._client.session.mount(prefix, HTTPAdapter(pool_maxsize=settings.FCM_THREADS, max_retries=0))
    return service
