"""The record of every message: acknowledged, stored, delivered, shown and pushed; and the screens that show them."""

import time
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Message:
    """One message from its writer to one reader. `number` counts its writer's messages."""

    run: int
    writer: str
    reader: str
    number: int
    conversation: str
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    written_at: float = field(default_factory=time.monotonic)
    acknowledged_at: float | None = None
    arrivals: int = 0

    @property
    def waited_s(self) -> float:
        """Seconds until the acknowledgement, or until now."""
        return (self.acknowledged_at or time.monotonic()) - self.written_at


@dataclass(frozen=True)
class Shown:
    """A message on a screen, with its number in the conversation."""

    message: Message
    place: int


@dataclass
class Counts:
    """The sums of one run. `lost`, `shown_twice`, `out_of_order` and `pushes_lost` must be zero."""

    acknowledged: int = 0
    stored: int = 0
    delivered: int = 0
    shown: int = 0
    pushed: int = 0
    lost: int = 0
    shown_twice: int = 0
    out_of_order: int = 0
    pushes_lost: int = 0
    longest_wait_s: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled or reordered."""
        return not (self.lost or self.shown_twice or self.out_of_order or self.pushes_lost)

    def __add__(self, other: "Counts") -> "Counts":
        mine, others = vars(self), vars(other)
        both = {name: mine[name] + others[name] for name in mine}
        return Counts(**both | {"longest_wait_s": max(self.longest_wait_s, other.longest_wait_s)})


class Ledger:
    """All messages of all runs. `away` are readers with a closed app, whom only a push reaches."""

    def __init__(self, away: Collection[str] = ()) -> None:
        self.run = 0
        self.away = set(away)
        self._messages: dict[str, Message] = {}
        self._of_run: defaultdict[int, list[Message]] = defaultdict(list)
        self._written: defaultdict[str, int] = defaultdict(int)
        self._screens: defaultdict[tuple[str, str], list[Shown]] = defaultdict(list)

    # --- Recording

    def record_message(self, writer: str, reader: str, conversation: str) -> Message:
        """Record a new message before it is sent."""
        self._written[writer] += 1
        message = Message(self.run, writer, reader, self._written[writer], conversation)
        self._messages[message.client_id] = message
        self._of_run[self.run].append(message)
        return message

    def record_delivery(self, person: str, client_id: str) -> None:
        """Record that the message reached this person's app, possibly not for the first time."""
        message = self._messages[client_id]
        message.arrivals += person == message.reader

    def record_shown(self, person: str, client_id: str, place: int) -> None:
        """Record that it is the last message on this person's screen."""
        message = self._messages[client_id]
        self._screens[person, message.conversation].append(Shown(message, place))

    def is_for(self, person: str, client_id: str) -> bool:
        """Whether this person is its reader."""
        return self._messages[client_id].reader == person

    def is_known(self, client_id: str) -> bool:
        """Whether one of the writers has written it."""
        return client_id in self._messages

    def is_shown(self, person: str, client_id: str) -> bool:
        """Whether it is on this person's screen."""
        screen = self._screens[person, self._messages[client_id].conversation]
        return any(entry.message.client_id == client_id for entry in screen)

    def clear_screen(self, person: str) -> None:
        """Record that this person's app starts again."""
        for shown_to, conversation in list(self._screens):
            if shown_to == person:
                del self._screens[shown_to, conversation]

    # --- Counting

    def messages(self, run: int) -> list[Message]:
        """Return the messages of one run."""
        return self._of_run[run]

    def is_settled(self, run: int) -> bool:
        """Whether every message of the run is acknowledged, and delivered unless its reader is away."""
        return all(
            message.acknowledged_at and (message.reader in self.away or message.arrivals)
            for message in self.messages(run)
        )

    def is_complete(self) -> bool:
        """Whether every message of all runs is delivered, also to readers who were away."""
        return all(message.arrivals for message in self._messages.values())

    def count(self, run: int, stored: Collection[str], pushed: Collection[str]) -> Counts:
        """Count one run, given the client ids that the database stores and those for which a push arrived."""
        messages = self.messages(run)
        answered = [message for message in messages if message.acknowledged_at]
        shown = self._shown_of(run)
        seen = {(person, entry.message) for person, entry in shown}
        away = [message for message in answered if message.reader in self.away]
        return Counts(
            acknowledged=len(answered),
            stored=sum(message.client_id in stored for message in answered),
            delivered=sum(message.arrivals for message in messages),
            shown=sum((message.reader, message) in seen for message in answered),
            pushed=sum(message.client_id in pushed for message in away),
            lost=sum((message.reader, message) not in seen or message.client_id not in stored for message in answered),
            shown_twice=len(shown) - len(seen),
            out_of_order=self._count_out_of_order(run),
            pushes_lost=sum(message.client_id not in pushed for message in away),
            longest_wait_s=max((message.waited_s for message in messages), default=0.0),
        )

    def _shown_of(self, run: int) -> list[tuple[str, Shown]]:
        return [
            (person, entry)
            for (person, _), screen in self._screens.items()
            for entry in screen
            if entry.message.run == run
        ]

    def _count_out_of_order(self, run: int) -> int:
        screens = ([entry for entry in screen if entry.message.run == run] for screen in self._screens.values())
        return sum(_out_of_order_on(_without_duplicates(screen)) for screen in screens)


def _without_duplicates(screen: Iterable[Shown]) -> list[Shown]:
    """Keep the first of each message: duplicates are counted separately."""
    first: dict[Message, Shown] = {}
    for entry in screen:
        first.setdefault(entry.message, entry)
    return list(first.values())


def _out_of_order_on(screen: Iterable[Shown]) -> int:
    """Count the messages below one with a higher place, or below a later one of the same writer."""
    found, last_place = 0, 0
    last_number: defaultdict[str, int] = defaultdict(int)
    for entry in screen:
        message = entry.message
        found += entry.place <= last_place or message.number <= last_number[message.writer]
        last_place = max(last_place, entry.place)
        last_number[message.writer] = max(last_number[message.writer], message.number)
    return found


class Screen:
    """What one app shows. It drops duplicates by the number of the event, as docs/asyncapi.yaml describes."""

    def __init__(self, person: str, ledger: Ledger) -> None:
        self.person, self._ledger = person, ledger
        self.since, self.epoch = 0, ""
        self.resets = 0
        # Planted faults that must be counted: the number of messages to hide, show twice, and swap.
        self.hides = self.doubles = self.swaps = 0
        self._held: tuple[str, int] | None = None
        self._loaded = set[str]()

    def take(self, event: dict[str, Any]) -> None:
        """Process one event of the socket or of a poll."""
        message = event["data"].get("message") if event["event"] == "message.sent" else None
        if message:
            self._ledger.record_delivery(self.person, message["client_id"])
        if event["seq"] <= self.since:
            return
        self.since = event["seq"]
        if message and message["client_id"] not in self._loaded:
            self.show(message["client_id"], message["seq"])

    def reload(self, history: Iterable[dict[str, Any]], head: int, epoch: str) -> None:
        """Start again after a reset: show the history in place of what was shown."""
        self.resets += 1
        self.since, self.epoch = head, epoch
        known = [message for message in history if self._ledger.is_known(message["client_id"])]
        self._loaded = {message["client_id"] for message in known}
        self._ledger.clear_screen(self.person)
        for message in known:
            self._ledger.record_delivery(self.person, message["client_id"])
            self.show(message["client_id"], message["seq"])

    def show(self, client_id: str, place: int) -> None:
        """Show the message as the last one, unless a fault is planted."""
        if self.hides and self._ledger.is_for(self.person, client_id):
            self.hides -= 1
            return
        if self.swaps and self._held is None:
            self._held = client_id, place
            return
        self._ledger.record_shown(self.person, client_id, place)
        if self.doubles:
            self.doubles -= 1
            self._ledger.record_shown(self.person, client_id, place)
        if self._held is not None:
            self.swaps -= 1
            held, self._held = self._held, None
            self._ledger.record_shown(self.person, *held)
