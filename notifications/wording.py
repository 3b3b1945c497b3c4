"""From a push to the message that goes out: its words, where a tap leads, and which ids go along."""

from collections import defaultdict

from notifications.kinds import LIFE_S, URGENT, kind_of
from notifications.models import Device, Push
from notifications.push.protocol import PushMessage
from notifications.texts import text_of

# Nothing but ids leaves in the data part.
IDS = ("conversation", "pickup", "match", "like", "receipt")


def message_of(push: Push, device: Device, *, badge: int, preview: bool) -> PushMessage:
    """What `push` says to `device`, in the device's language. `badge` is the number on the app icon."""
    event, kind = push.event, kind_of(push.event.name)
    ids = {name: str(event.data[name]) for name in IDS if name in event.data}
    text = text_of(event=event.name, data=event.data, locale=device.locale, count=push.count, preview=preview)
    link = kind.link.format_map(defaultdict(str, ids))
    return PushMessage(
        message_id=str(push.pk),
        address=device.value,
        address_kind=device.kind,
        platform=device.platform,
        title=text.title,
        body=text.body,
        collapse_id=event.collapse_key or f"push:{push.pk}",
        channel=kind.category,
        is_urgent=kind.category in URGENT,
        life_s=LIFE_S[kind.category],
        badge=badge,
        link=link,
        data={"message_id": str(push.pk), "event": event.name, "seq": str(event.seq), "link": link} | ids,
    )
