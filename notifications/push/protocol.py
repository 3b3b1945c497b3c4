"""The message, the outcomes, and the protocol of push backends."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

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
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Accepted:
    """The service has accepted the message."""


@dataclass(frozen=True)
class Gone:
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


Outcome = Accepted | Gone | Retry | Refused | Barred | Postponed


class PushBackend(Protocol):
    """Sends pushes. A message that fails has its own outcome; sending never raises."""

    def send(self, messages: Sequence[PushMessage]) -> Iterable[Outcome]:
        """Send all messages; yields the outcome of each, in order, as early as possible."""
        ...
