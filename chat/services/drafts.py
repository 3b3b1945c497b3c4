"""What a person wants to send, checked before anything is locked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.gis.geos import Point

from chat.errors import ConsentMissing, KindUnknown, LocationInvalid, PhraseParamsInvalid, PhraseUnknown
from chat.models import Message
from chat.params import checked
from chat.phrases import PHRASES
from chat.services.texts import clean_text
from chat.shapes import spell_time

Kind = Message.Kind


class Place(NamedTuple):
    """An exact point, and until when it may be shown."""

    point: Point
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message without its place."""

    kind: str
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    place: "Place | None" = field(default=None, repr=False)

    def is_again(self, message: Message) -> bool:
        """Whether this can be a resend. The content is not compared: what was stored first is what everybody sees."""
        return message.kind == self.kind


def draft_of(*, kind: str, now: datetime, **parts: Any) -> Draft:
    """The draft of a `kind` that is sent as JSON, from the part named after it.

    Raises KindUnknown, TextEmpty, TextTooLong, TextUnreadable, PhraseUnknown, PhraseParamsInvalid, LocationInvalid or
    ConsentMissing.
    """
    try:
        draw = _DRAFTS[kind]
    except KeyError:
        raise KindUnknown(field="kind") from None
    return draw(parts.get(kind), now)


def _text(text: str | None, now: datetime) -> Draft:
    return Draft(kind=Kind.TEXT.value, text=clean_text(text or ""))


def _phrase(wanted: Mapping[str, Any] | None, now: datetime) -> Draft:
    """From `{code, params}`; parameters that the phrase does not have are left out."""
    phrase = PHRASES.get((wanted or {}).get("code", ""))
    if wanted is None or phrase is None:
        raise PhraseUnknown(field="phrase.code")
    given = wanted.get("params") or {}
    if not isinstance(given, Mapping):
        raise PhraseParamsInvalid(field="phrase.params")
    params = {param.name: checked(given.get(param.name), param) for param in phrase.params}
    return Draft(kind=Kind.PHRASE.value, data={"code": phrase.code, "params": params})


def _location(wanted: Mapping[str, Any] | None, now: datetime) -> Draft:
    """From `{lat, lon, accuracy_m, minutes, consent}`. The point is in the place alone, so that it can go."""
    minutes = (wanted or {}).get("minutes") or settings.LOCATION_MINUTES
    if wanted is None or not 1 <= minutes <= settings.LOCATION_MINUTES_MAX:
        raise LocationInvalid(field="location", limit=settings.LOCATION_MINUTES_MAX)
    if wanted.get("consent") is not True:
        raise ConsentMissing(field="location.consent")
    expires_at = now + timedelta(minutes=minutes)
    data = {"expires_at": spell_time(expires_at), "accuracy_m": wanted.get("accuracy_m")}
    return Draft(
        kind=Kind.LOCATION.value, data=data, place=Place(Point(wanted["lon"], wanted["lat"], srid=4326), expires_at)
    )


_DRAFTS: Mapping[str, Callable[[Any, datetime], Draft]] = {
    Kind.TEXT.value: _text,
    Kind.PHRASE.value: _phrase,
    Kind.LOCATION.value: _location,
}
