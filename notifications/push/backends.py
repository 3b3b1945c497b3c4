"""Choosing the push backend, and the two that need no service: `console` and, in tests, `memory`."""

import sys
from collections.abc import Iterator, Sequence

from django.conf import settings
from django.utils.module_loading import import_string

from notifications.push.protocol import LINE_ADDRESS, Accepted, Outcome, PushBackend, PushMessage

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
        """Write them; all are accepted."""
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
        """Keep them all."""
        outbox.extend(messages)
        return [self._outcome_of(message) for message in messages]

    def _outcome_of(self, message: PushMessage) -> Outcome:
        outcome = outcomes.get(message.address, Accepted())
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def reset_memory() -> None:
    """Empty `outbox` and `outcomes`."""
    outbox.clear()
    outcomes.clear()
