"""The Messaging API of LINE, the most used messenger in Thailand.

One request per message, with a retry key derived from the push: LINE accepts a key once.
"""

import uuid
from collections.abc import Iterator, Sequence
from functools import cache, partial

import httpx
import structlog
from django.conf import settings

from notifications.links import url_of
from notifications.push.backends import Accepted, Barred, DeadAddress, Outcome, PushMessage, Refused, Retry
from notifications.push.circuit_breaker import line_circuit_breaker
from notifications.push.throttle import SenderPool, Throttle, sending_deadline

log = structlog.get_logger(__name__)
PATH = "/v2/bot/message/push"
RETRY_KEYS = uuid.UUID("5f0a6c58-7f0e-4f43-9f0e-1f4e2b8b7a10")
ALREADY_ACCEPTED = 409
BAD_REQUEST = 400
NO_ACCESS = (401, 403)
TOO_MANY = 429
MONTH_IS_USED_UP = "monthly limit"  # a retry within a day does not help
THREADS = 16


class LineBackend:
    """Sends through the channel whose token is `LINE_CHANNEL_TOKEN`."""

    def send(self, messages: Sequence[PushMessage]) -> Iterator[Outcome]:
        """The outcome of each message, in order. The circuit breaker saves time while LINE is down."""
        headers = {"Authorization": f"Bearer {settings.LINE_CHANNEL_TOKEN}"}
        with httpx.Client(
            base_url=settings.LINE_ENDPOINT, headers=headers, timeout=settings.LINE_TIMEOUT_S, trust_env=False
        ) as client:
            throttle = Throttle(circuit=line_circuit_breaker(), deadline=sending_deadline())
            yield from _sender_pool().send(messages, throttle=throttle, send_one=partial(_send_one, client))


@cache
def _sender_pool() -> SenderPool:
    return SenderPool(THREADS, name="line")


def _send_one(client: httpx.Client, message: PushMessage) -> Outcome:
    try:
        response = client.post(PATH, json=body_of(message), headers={"X-Line-Retry-Key": retry_key_of(message)})
    except httpx.HTTPError as error:
        return Retry(type(error).__name__)
    return outcome_of(response)


def body_of(message: PushMessage) -> dict[str, object]:
    """A text with a link. A push without sound makes none on LINE either."""
    text = f"{message.title}\n{message.body}\n{url_of(message.link)}"
    return {
        "to": message.address,
        "messages": [{"type": "text", "text": text}],
        "notificationDisabled": not message.has_sound,
    }


def retry_key_of(message: PushMessage) -> str:
    """The retry key, the same for every attempt."""
    return str(uuid.uuid5(RETRY_KEYS, message.message_id))


def outcome_of(response: httpx.Response) -> Outcome:
    if response.is_success or response.status_code == ALREADY_ACCEPTED:
        return Accepted()
    if response.status_code == TOO_MANY and MONTH_IS_USED_UP in response.text:
        log.error("line_month_used_up")
        return Refused("line monthly limit")
    if response.status_code == TOO_MANY or response.is_server_error:
        return Retry(f"line {response.status_code}", after_s=_retry_after_s(response))
    # LINE names `to` in the error when the account is wrong.
    if response.status_code == BAD_REQUEST and "'to'" in response.text:
        return DeadAddress("line 400")
    if response.status_code in NO_ACCESS:
        log.error("line_barred", status=response.status_code, detail=response.text[:200])
        return Barred(f"line {response.status_code}")
    log.error("line_refused", status=response.status_code, detail=response.text[:200])
    return Refused(f"line {response.status_code}")


def _retry_after_s(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None
