"""What one person's app does with what arrives: drop what it has already, show the rest."""

from typing import Any

from tools.chaos.ledger import Ledger


class Screen:
    """De-duplicates by the event's number, as docs/asyncapi.yaml tells clients to, and by nothing else."""

    def __init__(self, person: str, ledger: Ledger) -> None:
        self.person, self._ledger = person, ledger
        self.since = 0
        self.resets = 0
        # Faults of this client, planted to prove that they are counted: how many messages to treat so.
        self.hides = self.doubles = self.swaps = 0
        self._held: tuple[str, int] | None = None

    def take(self, event: dict[str, Any]) -> None:
        """One event, from the socket or from a poll."""
        message = event["data"].get("message") if event["event"] == "message.sent" else None
        if message:
            self._ledger.deliver(self.person, message["client_id"])
        if event["seq"] <= self.since:
            return
        self.since = event["seq"]
        if message:
            self.show(message["client_id"], message["seq"])

    def show(self, client_id: str, place: int) -> None:
        """Put it under what is there, unless a fault is planted."""
        if self.hides and self._ledger.is_for(self.person, client_id):
            self.hides -= 1
            return
        if self.swaps and self._held is None:
            self._held = client_id, place
            return
        self._ledger.show(self.person, client_id, place)
        if self.doubles:
            self.doubles -= 1
            self._ledger.show(self.person, client_id, place)
        if self._held is not None:
            self.swaps -= 1
            held, self._held = self._held, None
            self._ledger.show(self.person, *held)
