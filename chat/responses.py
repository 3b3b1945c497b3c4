"""Response bodies of chat, the same over HTTP, on the socket and in the event log.

The event log stores messages untranslated; they are translated for each reader.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal, Self

import msgspec
from django.conf import settings
from django.utils.translation import gettext
from msgspec import UNSET, Meta, UnsetType

from backend.accounts.models import first_name_of
from backend.core.http.responses import ResponseBody
from chat.cards import CARDS
from chat.models import Message
from chat.phrases import ALL, GROUP_NAMES, PHRASES, Group, Phrase, catalogue_version, fill
from chat.selectors import ConversationRow, MessageRow

Url = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
Icon = Annotated[str, Meta(description="An emoji.")]
# The fields of every message, which a deleted one keeps.
KEPT_OF_DELETED = ("id", "conversation", "seq", "sender", "client_id", "kind", "created_at")


def format_time(moment: datetime) -> str:
    """RFC 3339, in UTC."""
    text: str = msgspec.to_builtins(moment.astimezone(UTC))
    return text


class CardOut(ResponseBody):
    """An event of the match, written by the service."""

    code: Annotated[str, Meta(description="Stable, such as proposal, agreement, weigh_in or receipt.")]
    icon: Icon
    data: Annotated[dict[str, Any], Meta(description="The values in the text, for programs.")]


class PhotoOut(ResponseBody):
    """A photo without metadata. Its addresses serve JPEG to participants, who send their token."""

    large: Annotated[Url, Meta(description="Fits 1600 x 1600 pixels.")]
    thumb: Annotated[Url, Meta(description="Fits 400 x 400 pixels.")]
    width: Annotated[int, Meta(description="Of `large`.")]
    height: Annotated[int, Meta(description="Of `large`.")]


class PhraseOut(ResponseBody):
    """A phrase of the catalogue."""

    code: str
    icon: Icon
    params: Annotated[dict[str, Any], Meta(description="Its parameters by name.")]


class PointOut(ResponseBody):
    """Degrees, WGS 84."""

    lat: float
    lon: float

    @classmethod
    def at(cls, lat: float, lon: float) -> Self:
        """The point with six decimals, about a tenth of a metre."""
        return cls(lat=round(lat, 6), lon=round(lon, 6))


class LocationOut(ResponseBody):
    """The sender's location."""

    expires_at: Annotated[datetime, Meta(description="It is deleted then, or earlier.")]
    accuracy_m: int | None
    point: Annotated[
        PointOut | UnsetType | None,
        Meta(description="Only in the history and in the message itself; null when it has expired."),
    ] = UNSET


class MessageOut(ResponseBody):
    """A message."""

    id: uuid.UUID
    conversation: uuid.UUID
    seq: Annotated[int, Meta(description="Its number in the conversation, from 1, without gaps.")]
    sender: Annotated[uuid.UUID | None, Meta(description="Null: the service itself.")]
    client_id: uuid.UUID
    kind: Message.Kind
    text: Annotated[str, Meta(description="What the sender wrote, or a text in the reader's language.")]
    created_at: datetime
    deleted_at: Annotated[
        datetime | UnsetType, Meta(description="Only of a deleted message, which has no other part.")
    ] = UNSET
    photo: Annotated[PhotoOut | UnsetType, Meta(description="Of kind photo.")] = UNSET
    phrase: Annotated[PhraseOut | UnsetType, Meta(description="Of kind phrase.")] = UNSET
    location: Annotated[LocationOut | UnsetType, Meta(description="Of kind location.")] = UNSET
    card: Annotated[CardOut | UnsetType, Meta(description="Of kind event.")] = UNSET

    @classmethod
    def of(cls, message: Message | MessageRow) -> Self:
        """The message in the active language, without the point of a location."""
        return cls.untranslated(message).translate()

    @classmethod
    def for_reader(cls, message: MessageRow) -> Self:
        """The message in the active language, with the point of a location as far as the reader may see it."""
        body = cls.of(message)
        if body.location:
            is_shown = message.lat is not None and message.lon is not None
            body.location.point = PointOut.at(message.lat, message.lon) if is_shown else None  # type: ignore[arg-type]
        return body

    @classmethod
    def untranslated(cls, message: Message | MessageRow) -> Self:
        """The message as the event log stores it: `text` is only what a user wrote."""
        body = cls(
            id=message.id,
            conversation=message.conversation_id,
            seq=message.seq,
            sender=message.sender_id,
            client_id=message.client_id,
            kind=Message.Kind(message.kind),
            text=message.text,
            created_at=message.created_at,
            deleted_at=message.deleted_at or UNSET,
        )
        if not body.deleted_at:
            body._add_part(message.data)
        return body

    def _add_part(self, data: Mapping[str, Any]) -> None:
        match self.kind:
            case Message.Kind.PHOTO:
                address = f"{settings.PUBLIC_URL}/api/v1/conversations/{self.conversation}/messages/{self.id}/photo"
                self.photo = PhotoOut(large=f"{address}/large", thumb=f"{address}/thumb", **data)
            case Message.Kind.PHRASE:
                self.phrase = PhraseOut(icon=_icon_of(PHRASES, data["code"]), **data)
            case Message.Kind.LOCATION:
                self.location = msgspec.convert(data, LocationOut)
            case Message.Kind.EVENT:
                self.card = CardOut(icon=_icon_of(CARDS, data["code"]), **data)

    def translate(self) -> Self:
        """Set the text in the active language, unless a user wrote it; returns the message."""
        if self.deleted_at:
            self.text = gettext("This message was deleted.")
        elif self.photo:
            self.text = gettext("Photo")
        elif self.location:
            self.text = gettext("Location")
        elif self.card:
            self.text = _fill_text(CARDS, self.card.code, self.card.data)
        elif self.phrase:
            self.text = _fill_text(PHRASES, self.phrase.code, self.phrase.params)
        return self


def _icon_of(catalogue: Mapping[str, Any], code: str) -> str:
    """Empty for a code that this version does not know."""
    return catalogue[code].icon if code in catalogue else ""


def _fill_text(catalogue: Mapping[str, Any], code: str, values: Mapping[str, object]) -> str:
    """Empty for a code that this version does not know."""
    return fill(catalogue[code].text, values) if code in catalogue else ""


def render_event(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data of a `message.sent` in the active language; `data` itself when a user wrote the text."""
    message = data.get("message", {})
    if message.get("kind", Message.Kind.TEXT) == Message.Kind.TEXT and "deleted_at" not in message:
        return data
    return {**data, "message": msgspec.to_builtins(msgspec.convert(message, MessageOut).translate())}


class HistoryOut(ResponseBody):
    """A page of history, the newest first; with `after`, the oldest first."""

    results: list[MessageOut]
    next: Annotated[Url | None, Meta(description="The next page in the same direction.")]


class PersonOut(ResponseBody):
    """The other participant."""

    id: uuid.UUID
    first_name: str
    avatar_colour: Annotated[str, Meta(description="Such as #0f766e.")]


class ConversationOut(ResponseBody):
    """A conversation in the user's list."""

    id: uuid.UUID
    title: str
    other: Annotated[PersonOut | None, Meta(extra_json_schema={"readOnly": True})]
    last_seq: Annotated[int, Meta(description="The newest message; 0 before the first.")]
    read_seq: Annotated[int, Meta(description="How far you have read.")]
    unread: Annotated[
        int, Meta(description="Messages after that of the other participant and the service, without deleted ones.")
    ]
    other_read_seq: Annotated[int | None, Meta(description="How far the other has read.")]
    other_delivered_seq: Annotated[
        int | None, Meta(description="How far an app of the other has received the messages; at least as far as read.")
    ]
    last_message: Annotated[MessageOut | None, Meta(extra_json_schema={"readOnly": True})]
    active_at: Annotated[datetime, Meta(description="The last message, or the opening.")]
    closed_at: Annotated[datetime | None, Meta(description="From then on nobody can write; it may be in an hour.")]

    @classmethod
    def of(cls, row: ConversationRow) -> Self:
        return cls(
            id=row.id,
            title=row.title,
            other=_other_in(row),
            last_seq=row.last_seq,
            read_seq=row.read_seq,
            unread=row.unread,
            other_read_seq=row.other_read_seq,
            other_delivered_seq=row.other_delivered_seq,
            last_message=MessageOut.of(row.last_message) if row.last_message else None,
            active_at=row.active_at,
            closed_at=row.closed_at,
        )


def _other_in(row: ConversationRow) -> PersonOut | None:
    if row.other_id is None:
        return None
    first_name = first_name_of(row.shown_name or "", row.erased_at)
    return PersonOut(id=row.other_id, first_name=first_name, avatar_colour=row.avatar_colour or "")


class ReadOut(ResponseBody):
    """Your position, which only moves forward."""

    read_seq: int


class MuteOut(ResponseBody):
    """Whether it is muted now."""

    muted: bool
    until: Annotated[datetime | None, Meta(description="Null while it is not muted, or for good.")]


class UserTyping(msgspec.Struct, tag="typing", frozen=True):
    """`user` is typing in this conversation now."""

    conversation: uuid.UUID
    user: uuid.UUID


class ParamOut(ResponseBody):
    """A parameter that the sender gives."""

    name: str
    type: Annotated[
        Literal["integer", "number", "time"],
        Meta(description="A number has at most two decimals; a time is RFC 3339."),
    ]
    minimum: int | None
    maximum: int | None


class PhraseRow(ResponseBody):
    """One phrase."""

    code: Annotated[str, Meta(description="Stable; what is sent.")]
    group: Group
    icon: Icon
    text: Annotated[
        str,
        Meta(description="In the reader's language, with parameters such as {minutes}."),
        Meta(extra_json_schema={"readOnly": True}),
    ]
    params: list[ParamOut]

    @classmethod
    def of(cls, phrase: Phrase) -> Self:
        params = [ParamOut.of(param) for param in phrase.params]
        text = str(phrase.text) % {param.name: f"{{{param.name}}}" for param in params}
        return cls(code=phrase.code, group=phrase.group, icon=phrase.icon, text=text, params=params)


class GroupRow(ResponseBody):
    """A section of the list."""

    code: str
    name: Annotated[str, Meta(description="In the reader's language.")]


class PhrasesOut(ResponseBody):
    """All phrases, in the order to show them."""

    version: Annotated[str, Meta(description="Changes whenever anything here does.")]
    groups: list[GroupRow]
    results: list[PhraseRow]


@cache
def phrases_in(language: str) -> PhrasesOut:
    """The catalogue of phrases in `language`, which is the active one."""
    groups = [GroupRow(code=code.value, name=str(name)) for code, name in GROUP_NAMES.items()]
    return PhrasesOut(version=catalogue_version(), groups=groups, results=[PhraseRow.of(phrase) for phrase in ALL])
