"""The Messaging API of LINE, over which most of Thailand talks.

One request a message, with a retry key derived from the push: LINE drops what it has accepted before under it.
"""

import uuid
from collections.abc import Iterator, Sequence
from functools import cache, partial

import httpx
import structlog
from django.conf import settings

from notifications.push.gate import Gate, sending_ends
from notifications.push.gates import line_circuit
from notifications.push.protocol import Accepted, Barred, Gone, Outcome, PushMessage, Refused, Retry
from notifications.push.threads import Threads

log = structlog.get_logger(__name__)
PATH = "/v2/bot/message/push"
RETRY_KEYS = uuid.UUID("5f0a6c58-7f0e-4f43-9f0e-1f4e2b8b7a10")
ALREADY_ACCEPTED = 409
BAD_REQUEST = 400
NO_ACCESS = (401, 403)
TOO_MANY = 429
MONTH_IS_USED_UP = "monthly limit"  # no try of today or tomorrow helps
THREADS = 16


class LineBackend:
    """Sends through the channel whose token is `LINE_CHANNEL_TOKEN`."""

    def send(self, messages: Sequence[PushMessage]) -> Iterator[Outcome]:
        """Each message's own outcome, in turn. A LINE that is away is left alone, and costs a worker little time."""
        headers = {"Authorization": f"Bearer {settings.LINE_CHANNEL_TOKEN}"}
        with httpx.Client(
            base_url=settings.LINE_ENDPOINT, headers=headers, timeout=settings.LINE_TIMEOUT_S, trust_env=False
        ) as client:
            gate = Gate(circuit=line_circuit(), until=sending_ends())
            yield from _threads().send(messages, gate=gate, send_one=partial(_send_one, client))


@cache
def _threads() -> Threads:
    return Threads(THREADS, name="line")


def _send_one(client: httpx.Client, message: PushMessage) -> Outcome:
    try:
        answer = client.post(PATH, json=body_of(message), headers={"X-Line-Retry-Key": retry_key_of(message)})
    except httpx.HTTPError as error:
        return Retry(type(error).__name__)
    return outcome_of(answer)


def body_of(message: PushMessage) -> dict[str, object]:
    """A text with a link; what makes no sound on a phone makes none on LINE."""
    text = f"{message.title}\n{message.body}\n{settings.PUBLIC_URL}{message.link}"
    return {
        "to": message.address,
        "messages": [{"type": "text", "text": text}],
        "notificationDisabled": not message.has_sound,
    }


def retry_key_of(message: PushMessage) -> str:
    """The same however often the push is tried."""
    return str(uuid.uuid5(RETRY_KEYS, message.message_id))


def outcome_of(answer: httpx.Response) -> Outcome:
    """What LINE's answer means for the message and its account."""
    if answer.is_success or answer.status_code == ALREADY_ACCEPTED:
        return Accepted()
    if answer.status_code == TOO_MANY and MONTH_IS_USED_UP in answer.text:
        log.error("line_month_used_up")
        return Refused("line monthly limit")
    if answer.status_code == TOO_MANY or answer.is_server_error:
        return Retry(f"line {answer.status_code}", after_s=_retry_after_s(answer))
    # The account is told apart from a fault of ours by what LINE says of `to`.
    if answer.status_code == BAD_REQUEST and "'to'" in answer.text:
        return Gone("line 400")
    if answer.status_code in NO_ACCESS:
        log.error("line_barred", status=answer.status_code, detail=answer.text[:200])
        return Barred(f"line {answer.status_code}")
    log.error("line_refused", status=answer.status_code, detail=answer.text[:200])
    return Refused(f"line {answer.status_code}")


def _retry_after_s(answer: httpx.Response) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None
