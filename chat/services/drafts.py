"""Drafts: what a user wants to send, validated before anything is locked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.gis.geos import Point

from backend.core.text.characters import has_visible
from chat.errors import (
    ConsentMissing,
    KindUnknown,
    LocationInvalid,
    PhraseParamsInvalid,
    PhraseUnknown,
    TextEmpty,
    TextTooLong,
    TextUnreadable,
)
from chat.models import Message
from chat.phrases import PHRASES, clean_param
from chat.responses import format_time

Kind = Message.Kind


class SharedLocation(NamedTuple):
    """An exact point, and until when it is shown."""

    point: Point
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The content of a message that has no number yet."""

    kind: str
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    location: SharedLocation | None = field(default=None, repr=False)

    def can_be_resend_of(self, message: Message) -> bool:
        """Whether both are of one kind. The content is not compared: the first message stays as it is."""
        return message.kind == self.kind


def build_draft(*, kind: str, now: datetime, **parts: Any) -> Draft:
    """The draft of a `kind` that is sent as JSON, from the part of the same name.

    Raises KindUnknown, TextEmpty, TextTooLong, TextUnreadable, PhraseUnknown, PhraseParamsInvalid, LocationInvalid or
    ConsentMissing.
    """
    try:
        build = _BUILDERS[kind]
    except KeyError:
        raise KindUnknown(field="kind") from None
    return build(parts.get(kind), now)


def _text_draft(text: str | None, now: datetime) -> Draft:
    return Draft(kind=Kind.TEXT.value, text=_clean_text(text or ""))


def _clean_text(text: str) -> str:
    """The text without surrounding space. Raises TextUnreadable, TextEmpty or TextTooLong."""
    if not _is_storable(text):
        raise TextUnreadable(field="text")
    text = text.strip()
    if len(text) > settings.MESSAGE_CHARACTERS_MAX:
        raise TextTooLong(field="text", limit=settings.MESSAGE_CHARACTERS_MAX)
    if not has_visible(text):
        raise TextEmpty(field="text")
    return text


def _is_storable(text: str) -> bool:
    """Whether PostgreSQL accepts it (no NUL) and UTF-8 can encode it (no surrogates)."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _phrase_draft(phrase: Mapping[str, Any] | None, now: datetime) -> Draft:
    """From `{code, params}`. Parameters that the phrase does not have are dropped."""
    found = PHRASES.get((phrase or {}).get("code", ""))
    if phrase is None or found is None:
        raise PhraseUnknown(field="phrase.code")
    given = phrase.get("params") or {}
    if not isinstance(given, Mapping):
        raise PhraseParamsInvalid(field="phrase.params")
    params = {param.name: clean_param(given.get(param.name), param, now) for param in found.params}
    return Draft(kind=Kind.PHRASE.value, data={"code": found.code, "params": params})


def _location_draft(location: Mapping[str, Any] | None, now: datetime) -> Draft:
    """From `{lat, lon, accuracy_m, minutes, consent}`. `data` does not hold the point, which is deleted earlier."""
    minutes = (location or {}).get("minutes") or settings.LOCATION_MINUTES
    if location is None or not 1 <= minutes <= settings.LOCATION_MINUTES_MAX:
        raise LocationInvalid(field="location", limit=settings.LOCATION_MINUTES_MAX)
    if location.get("consent") is not True:
        raise ConsentMissing(field="location.consent")
    expires_at, accuracy_m = now + timedelta(minutes=minutes), location.get("accuracy_m")
    return Draft(
        kind=Kind.LOCATION.value,
        data={"expires_at": format_time(expires_at), "accuracy_m": None if accuracy_m is None else ceil(accuracy_m)},
        location=SharedLocation(Point(location["lon"], location["lat"], srid=4326), expires_at),
    )


_BUILDERS: Mapping[str, Callable[[Any, datetime], Draft]] = {
    Kind.TEXT.value: _text_draft,
    Kind.PHRASE.value: _phrase_draft,
    Kind.LOCATION.value: _location_draft,
}
