"""What was written, acknowledged, stored, delivered, shown and pushed, message by message."""

import time
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field


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
        """How long its writer has waited for the acknowledgment, or has by now."""
        return (self.acknowledged_at or time.monotonic()) - self.written_at


@dataclass(frozen=True)
class Shown:
    """A message on a screen, with the number the server gave it."""

    message: Message
    place: int


@dataclass
class Counts:
    """What one run came to. `lost`, `twice`, `unordered` and `push_lost` are what must be zero."""

    acknowledged: int = 0
    stored: int = 0
    delivered: int = 0
    shown: int = 0
    pushed: int = 0
    lost: int = 0
    twice: int = 0
    unordered: int = 0
    push_lost: int = 0
    longest_wait_s: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled or turned round."""
        return not (self.lost or self.twice or self.unordered or self.push_lost)

    def __add__(self, other: "Counts") -> "Counts":
        mine, others = vars(self), vars(other)
        both = {name: mine[name] + others[name] for name in mine}
        return Counts(**both | {"longest_wait_s": max(self.longest_wait_s, other.longest_wait_s)})


class Ledger:
    """Everything that clients did, of all runs. `away` are readers whom only a push reaches while it lasts."""

    def __init__(self, away: Collection[str] = ()) -> None:
        self.run = 0
        self.away = set(away)
        self._messages: dict[str, Message] = {}
        self._of_run: defaultdict[int, list[Message]] = defaultdict(list)
        self._written: defaultdict[str, int] = defaultdict(int)
        self._screens: defaultdict[tuple[str, str], list[Shown]] = defaultdict(list)

    # --- What happens

    def write(self, writer: str, reader: str, conversation: str) -> Message:
        """A new message that is to be sent."""
        self._written[writer] += 1
        message = Message(self.run, writer, reader, self._written[writer], conversation)
        self._messages[message.client_id] = message
        self._of_run[self.run].append(message)
        return message

    def deliver(self, person: str, client_id: str) -> None:
        """A frame or an answer has brought it to this person's app; perhaps not for the first time."""
        message = self._messages[client_id]
        message.arrivals += person == message.reader

    def show(self, person: str, client_id: str, place: int) -> None:
        """It is on this person's screen, below all that was there."""
        message = self._messages[client_id]
        self._screens[person, message.conversation].append(Shown(message, place))

    def is_for(self, person: str, client_id: str) -> bool:
        """Whether this person is its reader, and not its writer."""
        return self._messages[client_id].reader == person

    # --- What it came to

    def messages(self, run: int) -> list[Message]:
        """Those written in one run."""
        return self._of_run[run]

    def is_settled(self, run: int) -> bool:
        """Whether every message of the run is acknowledged, and has come to whoever is there to see it."""
        return all(
            message.acknowledged_at and (message.reader in self.away or message.arrivals)
            for message in self.messages(run)
        )

    def is_complete(self) -> bool:
        """Whether every message of all runs has come to its reader, those who were away too."""
        return all(message.arrivals for message in self._messages.values())

    def count(self, run: int, stored: Collection[str], pushed: Collection[str]) -> Counts:
        """Judge one run by what the database holds and for which messages a push has arrived (client ids)."""
        messages = self.messages(run)
        sure = [message for message in messages if message.acknowledged_at]
        shown = self._shown_of(run)
        seen = {(person, entry.message) for person, entry in shown}
        waits = [message for message in sure if message.reader in self.away]
        return Counts(
            acknowledged=len(sure),
            stored=sum(message.client_id in stored for message in sure),
            delivered=sum(message.arrivals for message in messages),
            shown=sum((message.reader, message) in seen for message in sure),
            pushed=sum(message.client_id in pushed for message in waits),
            lost=sum((message.reader, message) not in seen or message.client_id not in stored for message in sure),
            twice=len(shown) - len(seen),
            unordered=self._turned_round(run),
            push_lost=sum(message.client_id not in pushed for message in waits),
            longest_wait_s=max((message.waited_s for message in messages), default=0.0),
        )

    def _shown_of(self, run: int) -> list[tuple[str, Shown]]:
        return [
            (person, entry)
            for (person, _), screen in self._screens.items()
            for entry in screen
            if entry.message.run == run
        ]

    def _turned_round(self, run: int) -> int:
        screens = ([entry for entry in screen if entry.message.run == run] for screen in self._screens.values())
        return sum(_turned_round_on(_without_doubles(screen)) for screen in screens)


def _without_doubles(screen: Iterable[Shown]) -> list[Shown]:
    """What is shown twice is counted as such, and not as out of order too."""
    first: dict[Message, Shown] = {}
    for entry in screen:
        first.setdefault(entry.message, entry)
    return list(first.values())


def _turned_round_on(screen: Iterable[Shown]) -> int:
    """How often a message stands below one with a higher place, or below a later one of its own writer."""
    found, last_place = 0, 0
    last_number: defaultdict[str, int] = defaultdict(int)
    for entry in screen:
        message = entry.message
        found += entry.place <= last_place or message.number <= last_number[message.writer]
        last_place = max(last_place, entry.place)
        last_number[message.writer] = max(last_number[message.writer], message.number)
    return found
