"""The texts and links of pushes and inbox entries."""

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from backend.core.clock import city_zone
from backend.core.text.amounts import format_kg, format_number
from backend.core.text.characters import clip, isolate
from notifications.frames import render_data
from notifications.kinds import SOUNDLESS, TTL_S, Category, EventKind, kind_of, parse_time
from notifications.models import Device, Event, Push
from notifications.push.backends import PushMessage

TITLE_CHARACTERS_MAX = 65
BODY_CHARACTERS_MAX = 240
NAME_CHARACTERS_MAX = 80
# The only data that a push carries.
IDS = ("conversation", "pickup", "match", "like", "receipt")
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
    """The title and one line of text."""

    title: str
    body: str


def text_of(*, event: str, data: Mapping[str, Any], locale: str, count: int = 1, preview: bool = False) -> PushText:
    """Title (at most 65 characters) and body (at most 240) for `count` events that became one push.

    The text of a chat message appears only with `preview`. Raises UnknownEvent.
    """
    kind = kind_of(event)
    is_active = translation.get_language() == locale
    with nullcontext() if is_active else translation.override(locale):
        title, template = _templates(event, locale)
        body = _message_text(event, data) if preview and kind.category is Category.CHAT else ""
        if not body:
            # A lazy plural has no text before it knows the count.
            body = (template or kind.body) % _Values(data, count, locale)
        return PushText(title, clip(str(body), BODY_CHARACTERS_MAX))


@cache
def _templates(event: str, locale: str) -> tuple[str, str]:
    """The title and the body in this language, which is active. The body is empty when it depends on the count."""
    kind = kind_of(event)
    return clip(str(kind.title), TITLE_CHARACTERS_MAX), str(kind.body)


class _Values(dict[str, object]):
    """The values that a template names, each made when it is needed. A missing one is empty and stops no push."""

    def __init__(self, data: Mapping[str, Any], count: int, locale: str) -> None:
        super().__init__(count=count)
        self._data, self._locale = data, locale

    def __missing__(self, name: str) -> object:
        if name == "km":
            distance_m = self._data.get("distance_m")
            return format_number(distance_m / 1_000) if isinstance(distance_m, int | float) else ""
        value = self._data.get(name)
        if name in ("net_kg", "kg"):
            return format_kg(value)
        if name in ("at", "answer_by", "expires_at", "until"):
            return _city_time(str(value), self._locale)
        if name == "unusual":
            return _(" That is far from the estimate.") if self._data.get("is_unusual") else ""
        if name == "changed":
            return _changes(value)
        return "" if value is None else isolate(clip(str(value), NAME_CHARACTERS_MAX))


@lru_cache(maxsize=10_000)
def _city_time(text: str, locale: str) -> str:
    """A time of RFC 3339 in the city's time zone and in this language, which is active: "Fri 4 Dec, 18:30"."""
    moment = parse_time(text)
    return date_format(moment.astimezone(city_zone()), "D j M, H:i") if moment else ""


def _changes(names: object) -> str:
    known = [str(CHANGES[name]) for name in names if name in CHANGES] if isinstance(names, list) else []
    return ", ".join(known)


def _message_text(event: str, data: Mapping[str, Any]) -> str:
    message = render_data(event, data).get("message")
    return str(message.get("text", "")) if isinstance(message, Mapping) else ""


def ids_in(event: Event) -> dict[str, str]:
    """The ids in the event's data that may leave the server with a push."""
    return {name: str(event.data[name]) for name in IDS if name in event.data}


def link_of(event: Event) -> str:
    """Where a tap leads, as a path inside the app. A missing id is empty."""
    kind = kind_of(event.name)
    ids = dict.fromkeys(IDS, "") | ids_in(event)
    return kind.link.format_map(ids)


def push_message(push: Push, device: Device, *, badge: int, preview: bool, now: datetime) -> PushMessage:
    """The message for `device`, in the device's language. `badge` is the number on the app icon."""
    event, kind = push.event, kind_of(push.event.name)
    if push.is_withdrawal:
        return _withdrawal(push, device, kind, badge)
    link = link_of(event)
    text = text_of(event=event.name, data=event.data, locale=device.locale, count=push.count, preview=preview)
    return PushMessage(
        message_id=push.message_id,
        address=device.value,
        address_kind=device.kind,
        platform=device.platform,
        title=text.title,
        body=text.body,
        collapse_id=event.collapse_key or f"push:{push.message_id}",
        channel=kind.category,
        is_urgent=kind.is_urgent,
        has_sound=kind.category not in SOUNDLESS,
        is_private=kind.category is Category.CHAT,
        ttl_s=_ttl_s(event, kind, now),
        badge=badge,
        link=link,
        data={"message_id": push.message_id, "event": event.name, "seq": str(event.seq), "link": link} | ids_in(event),
    )


def _withdrawal(push: Push, device: Device, kind: EventKind, badge: int) -> PushMessage:
    """The message without a text that removes the notification of `push`. The app looks it up by `withdraws`."""
    collapse_id = push.event.collapse_key or f"push:{push.message_id}"
    return PushMessage(
        message_id=f"{push.message_id}-withdrawal",
        address=device.value,
        address_kind=device.kind,
        platform=device.platform,
        title="",
        body="",
        collapse_id=collapse_id,
        channel=kind.category,
        is_withdrawal=True,
        data={
            "message_id": f"{push.message_id}-withdrawal",
            "event": "notification.withdrawn",
            "withdraws": collapse_id,
            "badge": str(badge),
        },
    )


def _ttl_s(event: Event, kind: EventKind, now: datetime) -> int:
    """How long a push service keeps the push for a phone that is off; never beyond its expiry."""
    left_s = int((kind.expires_at(event.data, event.created_at) - now).total_seconds())
    return max(1, min(TTL_S[kind.category], left_s))
