"""Firebase Cloud Messaging through the Admin SDK.

The SDK repeats requests by itself, sleeping as long as it is told to; here every message is tried once, and what
failed comes back when it is due. It has no supported way to do that, nor to be sent to another endpoint: `_service` is
the one place that reaches under its surface. Its `send_each` starts a thread for each message; a pool that is kept is
faster, and tells each outcome as it comes.
"""

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from threading import BoundedSemaphore, Lock
from typing import Any

import structlog
from django.conf import settings
from firebase_admin import App, messaging
from firebase_admin.exceptions import FirebaseError
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import Request
from requests.adapters import HTTPAdapter

from backend.shared.firebase import firebase_app
from notifications.push.fcm_gate import Gate, fcm_circuit, fcm_quota
from notifications.push.fcm_outcomes import outcome_of
from notifications.push.fcm_payload import fcm_message
from notifications.push.protocol import Accepted, Outcome, Postponed, PushMessage, Refused, Retry

log = structlog.get_logger(__name__)
_refreshing = Lock()
_free = BoundedSemaphore(settings.FCM_THREADS)


class FcmBackend:
    """Sends through the project that `FIREBASE_PROJECT_ID` names, as fast as quota and circuit let it."""

    def send(self, messages: Sequence[PushMessage]) -> Iterator[Outcome]:
        """Each message's own outcome, in turn."""
        gate = Gate(circuit=fcm_circuit(), quota=fcm_quota())
        try:
            yield from _send_through(gate, messages)
        finally:
            # Also when nobody asks for more than the last outcome.
            gate.report()


def _send_through(gate: Gate, messages: Sequence[PushMessage]) -> Iterator[Outcome]:
    app, under_way = firebase_app(), deque[Future[Outcome]]()
    for number, message in enumerate(messages):
        left = len(messages) - number
        while (held_up := _wait_for_permit(gate, left)) and under_way:
            # Among these may be the probe that opens the gate.
            yield gate.pass_on(under_way.popleft().result())
        if held_up:
            yield from [held_up] * left
            break
        under_way.append(_pool().submit(_send, app, message))
        while under_way and under_way[0].done():
            yield gate.pass_on(under_way.popleft().result())
    while under_way:
        yield gate.pass_on(under_way.popleft().result())


def _wait_for_permit(gate: Gate, left: int) -> Postponed | None:
    """None when a thread is free and the next of `left` messages may be sent. In this order: permits do not keep."""
    _free.acquire()
    held_up = gate.permit(left=left)
    if held_up:
        _free.release()
    return held_up


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.FCM_THREADS, thread_name_prefix="fcm")


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
        return Retry("credentials")
    except Exception as error:
        log.error("push_answer_unknown", reason=repr(error)[:200])
        return Retry("Unknown")
    finally:
        _free.release()
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
