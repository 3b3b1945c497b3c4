"""How chat's things look in JSON, the same over HTTP, on the socket and in the event log.

The event log keeps messages *bare*, in no language; whoever shows one to a reader says its words first.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from django.utils.translation import gettext

from backend.accounts.models import User
from chat.cards import CARDS
from chat.models import Message
from chat.phrases import PHRASES
from chat.wording import fill

Shape = dict[str, Any]
# What a message has of any kind, and still has when it is deleted.
BASE = ("id", "conversation", "seq", "sender", "client_id", "kind", "created_at")


def spell_time(moment: datetime) -> str:
    """RFC 3339, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def message_shape(message: Message) -> Shape:
    """`{id, conversation, seq, sender, client_id, kind, text, created_at}`, in the language that is active now.

    `sender` is null where the service itself speaks. When deleted also `deleted_at`; else, by its kind,
    `photo: {large, thumb, width, height}`, `phrase: {code, icon, params}`,
    `location: {expires_at, accuracy_m}` or `card: {code, icon, data}`. Where the message was read for somebody (see
    `chat.selectors.messages`), the location has its `point` too: `{lat, lon}`, or null when it is over.
    """
    shape = say_words(bare_shape(message))
    if "location" in shape and hasattr(message, "point"):
        shape["location"] |= {"point": degrees(message.point) if message.point else None}
    return shape


def bare_shape(message: Message) -> Shape:
    """The same in no language: `text` holds only what a person wrote."""
    shape: Shape = {
        "id": str(message.pk),
        "conversation": str(message.conversation_id),
        "seq": message.seq,
        "sender": str(message.sender_id) if message.sender_id else None,
        "client_id": str(message.client_id),
        "kind": message.kind,
        "text": message.text,
        "created_at": spell_time(message.created_at),
    }
    if message.deleted_at:
        shape["deleted_at"] = spell_time(message.deleted_at)
    elif add := _PARTS.get(message.kind):
        shape |= add(message)
    return shape


def say_words(shape: Shape) -> Shape:
    """A bare message with its text in the language that is active now; itself where a person wrote the text."""
    if shape.get("deleted_at"):
        return shape | {"text": gettext("This message was deleted.")}
    if "photo" in shape:
        return shape | {"text": gettext("Photo"), "photo": _addresses(shape) | shape["photo"]}
    if "location" in shape:
        return shape | {"text": gettext("Location")}
    if card := shape.get("card"):
        return shape | {"text": _say(CARDS, card["code"], card["data"])}
    if phrase := shape.get("phrase"):
        return shape | {"text": _say(PHRASES, phrase["code"], phrase["params"])}
    return shape


def _say(catalogue: Mapping[str, Any], code: str, values: Mapping[str, object]) -> str:
    """Empty for what this version does not know any more."""
    return fill(catalogue[code].text, values) if code in catalogue else ""


def render_event(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data of a `message.sent` in the language that is active now; itself where no words of ours are in it."""
    bare = data.get("message", {})
    message = say_words(bare)
    return data if message is bare else {**data, "message": message}


def degrees(point: Point) -> Shape:
    """`{lat, lon}` with six decimals, about a tenth of a metre."""
    return {"lat": round(point.y, 6), "lon": round(point.x, 6)}


def _location(message: Message) -> Shape:
    return {"location": dict(message.data)}


def _addresses(shape: Shape) -> Shape:
    """Where who takes part finds the photo, in both sizes."""
    address = f"{settings.PUBLIC_URL}/api/v1/conversations/{shape['conversation']}/messages/{shape['id']}/photo"
    return {"large": f"{address}/large", "thumb": f"{address}/thumb"}


def _photo(message: Message) -> Shape:
    return {"photo": dict(message.data)}


def _card(message: Message) -> Shape:
    code = message.data["code"]
    return {"card": {"code": code, "icon": _icon(CARDS, code), "data": message.data["data"]}}


def _phrase(message: Message) -> Shape:
    code = message.data["code"]
    return {"phrase": {"code": code, "icon": _icon(PHRASES, code), "params": message.data["params"]}}


def _icon(catalogue: Mapping[str, Any], code: str) -> str:
    return catalogue[code].icon if code in catalogue else ""


_PARTS: Mapping[str, Callable[[Message], Shape]] = {
    Message.Kind.PHOTO: _photo,
    Message.Kind.PHRASE: _phrase,
    Message.Kind.LOCATION: _location,
    Message.Kind.EVENT: _card,
}


def person_shape(user: User) -> Shape:
    """What one participant may know of the other: `{id, first_name, avatar_colour}`."""
    return {"id": str(user.pk), "first_name": user.first_name, "avatar_colour": user.avatar_colour}
