"""From a push to the message that goes out: its words, where a tap leads, and which ids go along."""

from collections import defaultdict
from datetime import datetime

from notifications.kinds import LIFE_S, SOUNDLESS, Category, kind_of
from notifications.models import Device, Event, Push
from notifications.push.protocol import PushMessage
from notifications.rules import expiry_of
from notifications.texts import text_of

# Nothing but ids leaves in the data part.
IDS = ("conversation", "pickup", "match", "like", "receipt")


def message_of(push: Push, device: Device, *, badge: int, preview: bool, now: datetime) -> PushMessage:
    """What `push` says to `device`, in the device's language. `badge` is the number on the app icon."""
    event, kind = push.event, kind_of(push.event.name)
    ids, link = ids_in(event), link_of(event)
    text = text_of(event=event.name, data=event.data, locale=device.locale, count=push.count, preview=preview)
    return PushMessage(
        message_id=str(push.pk),
        address=device.value,
        address_kind=device.kind,
        platform=device.platform,
        title=text.title,
        body=text.body,
        collapse_id=event.collapse_key or f"push:{push.pk}",
        channel=kind.category,
        is_urgent=kind.is_urgent,
        has_sound=kind.category not in SOUNDLESS,
        is_private=kind.category is Category.CHAT,
        life_s=life_of(push, now=now),
        badge=badge,
        link=link,
        data={"message_id": str(push.pk), "event": event.name, "seq": str(event.seq), "link": link} | ids,
    )


def ids_in(event: Event) -> dict[str, str]:
    """The ids that may leave with it."""
    return {name: str(event.data[name]) for name in IDS if name in event.data}


def link_of(event: Event) -> str:
    """Where a tap leads, as a path inside the app."""
    return kind_of(event.name).link.format_map(defaultdict(str, ids_in(event)))


def life_of(push: Push, *, now: datetime) -> int:
    """How many seconds a service shall keep it for a phone that is off: never beyond what it tells of."""
    kind = kind_of(push.event.name)
    left_s = int((expiry_of(push.event, kind) - now).total_seconds())
    return max(1, min(LIFE_S[kind.category], left_s))
