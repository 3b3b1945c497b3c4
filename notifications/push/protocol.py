"""What every way of sending a push understands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class PushMessage:
    """One notification for one device. `message_id` stays the same however often it is tried."""

    message_id: str
    address: str
    address_kind: str  # `Device.Kind`: token or fid
    platform: str
    title: str
    body: str
    collapse_id: str  # at most 64 bytes; a newer push with it takes the place of an older one
    channel: str  # `notifications.kinds.Category`
    is_urgent: bool = False
    has_sound: bool = True
    is_private: bool = False  # a locked phone hides its words
    life_s: int = 86_400
    badge: int = 0
    link: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Accepted:
    """The service has taken it over."""


@dataclass(frozen=True)
class Gone:
    """The address is dead: forget the device."""

    reason: str


@dataclass(frozen=True)
class Retry:
    """Not now; `after_s` is how long the service asked us to wait, if it did."""

    reason: str
    after_s: float | None = None


@dataclass(frozen=True)
class Refused:
    """It will never be accepted, and the address is not to blame."""

    reason: str


@dataclass(frozen=True)
class Barred:
    """Our own credentials are refused, which is no message's fault: kept until they are mended, and counts as no try.

    `is_for_all` when every message would fare the same; else it may be the address after all, and one address that is
    refused again and again tells no more than once.
    """

    reason: str
    is_for_all: bool = True


@dataclass(frozen=True)
class Postponed:
    """Not tried at all, for the quota is used up or the service is down; does not count as a try."""

    reason: str
    after_s: float


Outcome = Accepted | Gone | Retry | Refused | Barred | Postponed


class PushBackend(Protocol):
    """Sends pushes. One message's failure is its own outcome; sending never raises."""

    def send(self, messages: Sequence[PushMessage]) -> Iterable[Outcome]:
        """Send them all, and say of each in turn what became of it, best as soon as it is known."""
        ...
