"""What a push says, in the language of the device."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from backend.core.clock import city_zone
from notifications.kinds import kind_of
from notifications.moments import moment_of
from notifications.rendering import rendered

TITLE_CHARACTERS_MAX = 65
BODY_CHARACTERS_MAX = 240
NAME_CHARACTERS_MAX = 80

CHANGES = {
    "title": _("title"),
    "note": _("note"),
    "items": _("contents"),
    "location": _("place"),
    "area": _("area"),
    "window": _("time"),
    "price": _("price"),
    "choose": _("who chooses"),
}


class PushText(NamedTuple):
    """One line of heading, and one of what happened."""

    title: str
    body: str


def text_of(*, event: str, data: Mapping[str, object], locale: str, count: int = 1, preview: bool = False) -> PushText:
    """Title (at most 65 characters) and body (at most 240) for `count` events that became one push.

    The words of a chat message appear only with `preview`. Raises UnknownEvent.
    """
    kind = kind_of(event)
    with translation.override(locale):
        # Lazy plurals choose their form by the mapping that fills them.
        body = (preview and _words_of(rendered(event, data))) or kind.body % _values(data, count)
        return PushText(_clip(str(kind.title), TITLE_CHARACTERS_MAX), _clip(str(body), BODY_CHARACTERS_MAX))


def _values(data: Mapping[str, object], count: int) -> Mapping[str, object]:
    """What the texts may name; a thing the event does not hold stays empty rather than stopping the push."""
    values: dict[str, object] = defaultdict(str)
    values["count"] = count
    values["title"] = _clip(str(data.get("title", "")), NAME_CHARACTERS_MAX)
    values["strikes"] = data.get("strikes", "")
    values["changed"] = _changes(data.get("changed"))
    values["km"] = _weight(data.get("distance_m"), of=1_000)
    values |= {name: _weight(data.get(name)) for name in ("net_kg", "kg")}
    values |= {name: _moment(data.get(name)) for name in ("at", "answer_by", "expires_at", "until")}
    return values


def _weight(amount: object, *, of: int = 1) -> str:
    """Kilograms, or metres as thousands of them, without idle zeros."""
    try:
        return f"{float(str(amount)) / of:g}"
    except ValueError:
        return ""


def _moment(at: object) -> str:
    """A time of RFC 3339, as people in the city say it: "Fri 4 Dec, 18:30"."""
    moment = moment_of(at)
    return date_format(moment.astimezone(city_zone()), "D j M, H:i") if moment else ""


def _changes(names: object) -> str:
    """What changed, in the words of the reader; what has no word is left out."""
    words = [str(CHANGES[name]) for name in names if name in CHANGES] if isinstance(names, list) else []
    return ", ".join(words)


def _words_of(data: Mapping[str, object]) -> str:
    message = data.get("message")
    return str(message.get("text", "")) if isinstance(message, Mapping) else ""


def _clip(text: str, characters_max: int) -> str:
    """One line of at most `characters_max`, with an ellipsis where something was cut off."""
    line = " ".join(text.split())
    return line if len(line) <= characters_max else f"{line[: characters_max - 1].rstrip()}…"
