"""Shows what would be sent: the backend of a house without a Firebase project."""

import sys
from collections.abc import Sequence

from notifications.push.protocol import Accepted, Outcome, PushMessage

WIDTH = 72


class ConsoleBackend:
    """Writes each push to standard output as one block."""

    def send(self, messages: Sequence[PushMessage]) -> list[Outcome]:
        """Show them; all are accepted."""
        for message in messages:
            sys.stdout.write(block_of(message))
        sys.stdout.flush()
        return [Accepted() for _ in messages]


def block_of(message: PushMessage) -> str:
    """The push as a box of text."""
    head = f"push {message.message_id} · {message.channel} · {message.platform} {_shortened(message.address)}"
    lines = [message.title, message.body, *([f"opens {message.link}"] if message.link else [])]
    body = "".join(f"│ {line}\n" for line in lines)
    return f"╭─ {head} {'─' * max(1, WIDTH - len(head))}\n{body}╰{'─' * (WIDTH + 3)}\n"


def _shortened(address: str) -> str:
    """Enough of a push address to tell two apart; a whole one in a log would let others write to it."""
    return address if len(address) <= 16 else f"{address[:8]}…{address[-4:]}"
