"""The message, its outcomes, and the choice of the backend that sends it."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

LINE_ADDRESS = "line"


@dataclass(frozen=True, kw_only=True)
class PushMessage:
    """A notification for one device. Retries keep `message_id`."""

    message_id: str
    address: str
    address_kind: str  # `Device.Kind`
    platform: str
    title: str
    body: str
    collapse_id: str  # at most 64 bytes; a newer push replaces one with the same id
    channel: str  # `notifications.kinds.Category`
    is_urgent: bool = False
    has_sound: bool = True
    is_private: bool = False  # hidden on a locked phone
    ttl_s: int = 86_400
    badge: int = 0
    link: str = ""
    is_withdrawal: bool = False  # without a text; removes the notification with this `collapse_id`
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Accepted:
    """The service has accepted the message."""


@dataclass(frozen=True)
class DeadAddress:
    """The address is dead: forget the device."""

    reason: str


@dataclass(frozen=True)
class Retry:
    """A temporary failure. `after_s` is how long the service asks to wait, if it does."""

    reason: str
    after_s: float | None = None


@dataclass(frozen=True)
class Refused:
    """The message will never be accepted; the address is valid."""

    reason: str


@dataclass(frozen=True)
class Barred:
    """Our credentials are refused. The message waits until they work again, and the attempt does not count.

    `is_for_all` is False when the address may be the cause: the circuit breaker then counts each address once.
    """

    reason: str
    is_for_all: bool = True


@dataclass(frozen=True)
class Postponed:
    """Not sent: the quota is used up or the circuit is open. Does not count as an attempt."""

    reason: str
    after_s: float


Outcome = Accepted | DeadAddress | Retry | Refused | Barred | Postponed


class PushBackend(Protocol):
    """Sends pushes. A message that fails has its own outcome; sending never raises."""

    def send(self, messages: Sequence[PushMessage]) -> Iterable[Outcome]:
        """Send all messages; yields the outcome of each, in order, as early as possible."""
        ...


BACKENDS = {
    "console": "notifications.push.backends.ConsoleBackend",
    "fcm": "notifications.push.fcm.FcmBackend",
    "memory": "notifications.push.backends.MemoryBackend",
}
LINE = "notifications.push.line.LineBackend"
CONSOLE_WIDTH = 72

# What `MemoryBackend` has sent, and what it returns for an address.
outbox: list[PushMessage] = []
outcomes: dict[str, Outcome | Exception] = {}


def push_backend() -> PushBackend:
    """The backend in `PUSH_BACKEND`, with LINE beside it when it is configured. Imports only what is used."""
    backend: PushBackend = import_string(BACKENDS[settings.PUSH_BACKEND])()
    if not settings.LINE_CHANNEL_TOKEN:
        return backend
    return WithLine(backend, line=import_string(LINE)())


class WithLine:
    """Sends LINE messages through LINE and all others through `apps`; outcomes keep the order of the messages."""

    def __init__(self, apps: PushBackend, *, line: PushBackend) -> None:
        self.apps, self.line = apps, line

    def send(self, messages: Sequence[PushMessage]) -> Iterator[Outcome]:
        """Send all. Put LINE messages last: the outcomes after one wait for LINE."""
        for_apps = [message for message in messages if message.address_kind != LINE_ADDRESS]
        for_line = [message for message in messages if message.address_kind == LINE_ADDRESS]
        from_apps = iter(self.apps.send(for_apps)) if for_apps else iter(())
        from_line = iter(self.line.send(for_line)) if for_line else iter(())
        for message in messages:
            yield next(from_line if message.address_kind == LINE_ADDRESS else from_apps)


class ConsoleBackend:
    """Writes each push to standard output, for an installation without a Firebase project."""

    def send(self, messages: Sequence[PushMessage]) -> list[Outcome]:
        for message in messages:
            sys.stdout.write(_text_box(message))
        sys.stdout.flush()
        return [Accepted() for _ in messages]


def _text_box(message: PushMessage) -> str:
    # A whole push address in a log would let readers of the log write to it.
    address = message.address if len(message.address) <= 16 else f"{message.address[:8]}…{message.address[-4:]}"
    head = f"push {message.message_id} · {message.channel} · {message.platform} {address}"
    lines = [message.title, message.body, *([f"opens {message.link}"] if message.link else [])]
    body = "".join(f"│ {line}\n" for line in lines)
    return f"╭─ {head} {'─' * max(1, CONSOLE_WIDTH - len(head))}\n{body}╰{'─' * (CONSOLE_WIDTH + 3)}\n"


class MemoryBackend:
    """Appends to `outbox`, and returns or raises what `outcomes` holds for the address, else Accepted."""

    def send(self, messages: Sequence[PushMessage]) -> list[Outcome]:
        outbox.extend(messages)
        return [self._outcome_of(message) for message in messages]

    def _outcome_of(self, message: PushMessage) -> Outcome:
        outcome = outcomes.get(message.address, Accepted())
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def reset_memory() -> None:
    outbox.clear()
    outcomes.clear()
