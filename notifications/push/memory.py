"""Keeps what would be sent, for tests."""

from collections.abc import Sequence

from notifications.push.protocol import Accepted, Outcome, PushMessage

outbox: list[PushMessage] = []
outcomes: dict[str, Outcome | Exception] = {}


class MemoryBackend:
    """Appends to `outbox`, and answers what `outcomes` holds for an address, else Accepted."""

    def send(self, messages: Sequence[PushMessage]) -> list[Outcome]:
        """Keep them all."""
        outbox.extend(messages)
        return [self._outcome_of(message) for message in messages]

    def _outcome_of(self, message: PushMessage) -> Outcome:
        outcome = outcomes.get(message.address, Accepted())
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def forget() -> None:
    """Empty both."""
    outbox.clear()
    outcomes.clear()
