"""What a person wants to send, checked before anything is locked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chat.errors import KindUnknown, PhraseParamsInvalid, PhraseUnknown
from chat.models import Message
from chat.params import checked
from chat.phrases import PHRASES
from chat.services.texts import clean_text

Kind = Message.Kind


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message without its place."""

    kind: str
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    def is_again(self, message: Message) -> bool:
        """Whether this can be a resend. The content is not compared: what was stored first is what everybody sees."""
        return message.kind == self.kind


def draft_of(*, kind: str, **parts: Any) -> Draft:
    """The draft of a `kind` that is sent as JSON, from the part named after it.

    Raises KindUnknown, TextEmpty, TextTooLong, TextUnreadable, PhraseUnknown or PhraseParamsInvalid.
    """
    try:
        draw = _DRAFTS[kind]
    except KeyError:
        raise KindUnknown(field="kind") from None
    return draw(parts.get(kind))


def _text(text: str | None) -> Draft:
    return Draft(kind=Kind.TEXT.value, text=clean_text(text or ""))


def _phrase(wanted: Mapping[str, Any] | None) -> Draft:
    """From `{code, params}`; parameters that the phrase does not have are left out."""
    phrase = PHRASES.get((wanted or {}).get("code", ""))
    if wanted is None or phrase is None:
        raise PhraseUnknown(field="phrase.code")
    given = wanted.get("params") or {}
    if not isinstance(given, Mapping):
        raise PhraseParamsInvalid(field="phrase.params")
    params = {param.name: checked(given.get(param.name), param) for param in phrase.params}
    return Draft(kind=Kind.PHRASE.value, data={"code": phrase.code, "params": params})


_DRAFTS: Mapping[str, Callable[[Any], Draft]] = {Kind.TEXT.value: _text, Kind.PHRASE.value: _phrase}
