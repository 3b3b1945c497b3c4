"""Every frame of the socket: what clients say, and what the server says. docs/asyncapi.yaml describes the same."""

import uuid
from typing import Annotated, Any, TypeAlias

from msgspec import UNSET, DecodeError, Meta, Struct, UnsetType, ValidationError
from msgspec.json import Decoder, Encoder

from chat.errors import FrameInvalid, FrameUnreadable
from notifications.frames import EventFrame

Seq: TypeAlias = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Place: TypeAlias = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class Resume(Struct, tag="resume", frozen=True):
    """Send me everything after `since`, then what comes."""

    since: Seq


class Ack(Struct, tag="ack", frozen=True):
    """I have shown everything up to `seq`."""

    seq: Seq


class PhraseIn(Struct, frozen=True):
    """A phrase of the catalogue, and what fills its blanks."""

    code: str
    params: dict[str, Any] = {}


class LocationIn(Struct, frozen=True):
    """Where I am, for as long as I say."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    accuracy_m: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    minutes: Annotated[int, Meta(ge=1)] | None = None
    consent: bool = False


class SendMessage(Struct, tag="message.send", frozen=True):
    """Send this to a conversation. The same `client_id` again changes nothing."""

    conversation: uuid.UUID
    client_id: uuid.UUID
    kind: str = "text"
    text: str = ""
    phrase: PhraseIn | None = None
    location: LocationIn | None = None


class DeleteMessage(Struct, tag="message.delete", frozen=True):
    """Delete my message for both of us."""

    conversation: uuid.UUID
    message: uuid.UUID


class Typing(Struct, tag="typing", frozen=True):
    """I am writing in this conversation."""

    conversation: uuid.UUID


class Read(Struct, tag="read", frozen=True):
    """I have read this conversation up to `seq`."""

    conversation: uuid.UUID
    seq: Place


ClientFrame: TypeAlias = Resume | Ack | SendMessage | DeleteMessage | Typing | Read


class Hello(Struct, tag="hello", frozen=True):
    """The first frame: the number of the newest event, and how often to expect a heartbeat at least."""

    head: int
    heartbeat_s: int


class Heartbeat(Struct, tag="heartbeat", frozen=True):
    """The number of the newest event now. What the client lacks of it follows."""

    head: int


class Reset(Struct, tag="reset", frozen=True):
    """The log does not reach back to where the client is: load anew by HTTP, then resume from `head`."""

    head: int


class Ok(Struct, tag="ok", frozen=True):
    """The message is stored, or deleted; here as everybody sees it."""

    client_id: uuid.UUID
    message: dict[str, Any]


class Error(Struct, tag="error", frozen=True, omit_defaults=True):
    """Refused, and nothing has changed. `about` is the type of the refused frame, where it could be read."""

    code: str
    text: str
    about: str | UnsetType = UNSET
    client_id: str | UnsetType = UNSET


class SomebodyTypes(Struct, tag="typing", frozen=True):
    """`user` is writing in this conversation now."""

    conversation: uuid.UUID
    user: uuid.UUID


class PickupClosed(Struct, tag="pickup.closed", frozen=True):
    """A card this person was dealt lately has gone; whoever has done so writes it, and we pass it on as it is."""

    pickup: uuid.UUID
    reason: str


ServerFrame: TypeAlias = Hello | EventFrame | Heartbeat | Reset | Ok | Error | SomebodyTypes | PickupClosed


class Gist(Struct, frozen=True):
    """What can be told of a frame that is refused."""

    type: str | UnsetType = UNSET
    client_id: str | UnsetType = UNSET


_encoder = Encoder()
_client_decoder = Decoder(ClientFrame)
_gist_decoder = Decoder(Gist)
GIST_CHARACTERS_MAX = 64


def encode(frame: ServerFrame | dict[str, object]) -> str:
    """The frame as the text that goes out."""
    return _encoder.encode(frame).decode()


def decode(text: str) -> ClientFrame:
    """The client's frame. Raises FrameUnreadable for what is no JSON, FrameInvalid for any other we do not know."""
    try:
        frame: ClientFrame = _client_decoder.decode(text)
    except ValidationError as error:
        raise FrameInvalid from error
    except (DecodeError, UnicodeError, RecursionError) as error:
        raise FrameUnreadable from error
    return frame


def gist_of(text: str) -> Gist:
    """Type and client id of a frame that is refused, as far as they can be read and are short."""
    try:
        gist = _gist_decoder.decode(text)
    except (DecodeError, UnicodeError, RecursionError):
        return Gist()
    return Gist(type=_short(gist.type), client_id=_short(gist.client_id))


def _short(text: str | UnsetType) -> str | UnsetType:
    return text if isinstance(text, str) and len(text) <= GIST_CHARACTERS_MAX else UNSET
