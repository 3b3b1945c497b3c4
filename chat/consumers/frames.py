"""Every frame and close code of the socket, and the limits of a client's frames. See docs/asyncapi.yaml."""

import re
import uuid
from enum import IntEnum
from typing import Annotated, Any, TypeAlias

from msgspec import UNSET, DecodeError, Meta, Struct, UnsetType, ValidationError
from msgspec.json import Decoder, Encoder

from backend.core.http.parsers import require_few_levels
from chat.errors import FrameInvalid, FrameUnreadable
from chat.responses import MessageOut, UserTyping
from notifications.frames import EventFrame

# Numbers are whole, but programs may write 1 as `1.0`.
Seq: TypeAlias = Annotated[int, Meta(ge=0, le=2**63 - 1)] | Annotated[float, Meta(ge=0, le=2**53)]
MessageSeq: TypeAlias = Annotated[int, Meta(ge=0, le=2**31 - 1)] | Annotated[float, Meta(ge=0, le=2**31 - 1)]


class FrameOfClient(Struct, frozen=True, forbid_unknown_fields=True):
    """A frame that a client sends. Accepts what the bodies of HTTP requests accept."""

    def __post_init__(self) -> None:
        """Raise ValueError for a number that is not whole."""
        for name in ("seq", "since"):
            if getattr(self, name, 0) % 1:
                raise ValueError(f"Expected a whole number - at `$.{name}`")


class Resume(FrameOfClient, tag="resume", frozen=True):
    """Send every event after `since`, a number of this epoch, and new ones as they happen."""

    since: Seq
    epoch: Annotated[str, Meta(max_length=40)] = ""


class Ack(FrameOfClient, tag="ack", frozen=True):
    """The client has shown every event up to `seq`."""

    seq: Seq


class SendMessage(FrameOfClient, tag="message.send", frozen=True):
    """Send a message to a conversation. Sending the same `client_id` again changes nothing."""

    conversation: uuid.UUID
    client_id: uuid.UUID
    kind: str | None = None
    text: str | None = None
    phrase: dict[str, Any] | None = None
    location: dict[str, Any] | None = None


class DeleteMessage(FrameOfClient, tag="message.delete", frozen=True):
    """Delete one's own message for both participants."""

    conversation: uuid.UUID
    message: uuid.UUID


class Typing(FrameOfClient, tag="typing", frozen=True):
    """The user is typing in this conversation."""

    conversation: uuid.UUID


class Read(FrameOfClient, tag="read", frozen=True):
    """The user has read this conversation up to `seq`."""

    conversation: uuid.UUID
    seq: MessageSeq


ClientFrame: TypeAlias = Resume | Ack | SendMessage | DeleteMessage | Typing | Read


class Hello(Struct, tag="hello", frozen=True):
    """The first frame: the `seq` of the newest event, and the longest time between two heartbeats.

    In another epoch numbers were given again, because PostgreSQL has lost the newest events.
    """

    head: int
    epoch: str
    heartbeat_s: int


class Heartbeat(Struct, tag="heartbeat", frozen=True):
    """The `seq` of the newest event. Events that the client lacks follow."""

    head: int


class Reset(Struct, tag="reset", frozen=True):
    """The log does not reach back to the client's `seq`: load everything over HTTP, then resume from `head`."""

    head: int
    epoch: str


class Ok(Struct, tag="ok", frozen=True):
    """The message is stored or deleted. `message` is what both participants see."""

    client_id: uuid.UUID
    message: MessageOut


class Error(Struct, tag="error", frozen=True, omit_defaults=True):
    """A frame was refused, and nothing has changed. `field` is the part at fault, and `about` the type, if known."""

    code: str
    text: str
    field: str | UnsetType = UNSET
    about: str | UnsetType = UNSET
    client_id: str | UnsetType = UNSET


ServerFrame: TypeAlias = Hello | EventFrame | Heartbeat | Reset | Ok | Error | UserTyping


class FrameSummary(Struct, frozen=True):
    """The parts of a refused frame that the error repeats."""

    type: str | UnsetType = UNSET
    client_id: str | UnsetType = UNSET


_encoder = Encoder()
_client_decoder = Decoder(ClientFrame)
_summary_decoder = Decoder(FrameSummary)
FRAME_BYTES_MAX = 65_536
SUMMARY_CHARACTERS_MAX = 64


def encode(frame: ServerFrame | dict[str, object]) -> str:
    return _encoder.encode(frame).decode()


def decode(text: str) -> ClientFrame:
    """The client's frame. Raises FrameUnreadable when it is not JSON, and FrameInvalid when it is not a known frame."""
    try:
        frame: ClientFrame = _client_decoder.decode(text)
        if isinstance(frame, SendMessage):
            require_few_levels([frame.phrase, frame.location])
    except ValidationError as error:
        raise FrameInvalid(field=_field_in(str(error))) from error
    except (DecodeError, UnicodeError, RecursionError) as error:
        raise FrameUnreadable from error
    return frame


def _field_in(message: str) -> str | None:
    """The field that an error message of msgspec names, such as `location.lat`."""
    path = re.search(r"at `\$\.?(.*?)`$", message)
    name = re.search(r"field `(.*?)`", message)
    return ".".join(found[1] for found in (path, name) if found and found[1])[:SUMMARY_CHARACTERS_MAX] or None


def summarize(text: str) -> FrameSummary:
    """Type and client id of a refused frame, if they can be read and are short."""
    try:
        summary = _summary_decoder.decode(text)
    except (DecodeError, UnicodeError, RecursionError):
        return FrameSummary()
    return FrameSummary(type=_short(summary.type), client_id=_as_replied(_short(summary.client_id)))


def _short(text: str | UnsetType) -> str | UnsetType:
    return text if isinstance(text, str) and len(text) <= SUMMARY_CHARACTERS_MAX else UNSET


def _as_replied(client_id: str | UnsetType) -> str | UnsetType:
    """The id in small letters, as all replies have ids; what is no id as it was sent."""
    try:
        return str(uuid.UUID(client_id)) if isinstance(client_id, str) else client_id
    except ValueError:
        return client_id


class CloseCode(IntEnum):
    """The codes with which the server closes a socket: those of RFC 6455 section 7.4, and one of this service."""

    RESTARTING = 1012
    BINARY = 1003
    TOO_MANY_FRAMES = 1008
    TOO_LARGE = 1009
    TRY_LATER = 1013
    SIGNED_OUT = 4401


CLOSE_REASONS = {
    CloseCode.RESTARTING: "restarting; come back soon",
    CloseCode.BINARY: "text frames only",
    CloseCode.TOO_MANY_FRAMES: "too many frames",
    CloseCode.TOO_LARGE: "frame too large",
    CloseCode.TRY_LATER: "try again later",
    CloseCode.SIGNED_OUT: "get a new ticket, or sign in",
}


class FrameBudget:
    """A token bucket of frames that refills at `rate` a second and holds `burst`."""

    def __init__(self, rate: float, burst: float, now_s: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at_s = burst, now_s

    def spend(self, now_s: float) -> bool:
        """Take a token; False when there is none. Failed attempts count too, up to another burst."""
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._rate)
        self._at_s = now_s
        self._left -= 1
        return self._left >= 0

    @property
    def is_exceeded(self) -> bool:
        """Whether the client goes on after a whole burst of refusals."""
        return self._left < -self._burst


def is_too_large(text: str) -> bool:
    """Whether the frame has more than `FRAME_BYTES_MAX` bytes."""
    return len(text) > FRAME_BYTES_MAX or (len(text) * 4 > FRAME_BYTES_MAX and _size_of(text) > FRAME_BYTES_MAX)


def _size_of(text: str) -> int:
    return len(text.encode(errors="replace"))
