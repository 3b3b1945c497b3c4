"""What an amendment changes, in the words of the API, and whom it concerns."""

import uuid
from typing import Any

from geo.lifecycle.matches import live_match_of
from geo.lifecycle.transitions import queued_likes
from geo.models import Pickup

Seen = dict[str, Any]


def what_is_seen(pickup: Pickup) -> Seen:
    """What those who like a pickup know of it; of its place the square alone."""
    return {
        "title": pickup.title,
        "note": pickup.note,
        "items": set(pickup.items.values_list("material_id", "quantity")),
        "location": pickup.cell.coords,
        "area": pickup.area,
        "window": (pickup.window_from, pickup.window_until),
        "price": (pickup.price_mode, pickup.price_thb),
        "choose": pickup.choose,
    }


def names_of_changes(before: Seen, after: Seen) -> list[str]:
    """The names of what differs, in the order of the API."""
    return [name for name in before if before[name] != after[name]]


def whom_changes_concern(pickup: Pickup) -> list[uuid.UUID]:
    """The matched collector, and all in the queue."""
    match = live_match_of(pickup.pk)
    queue = queued_likes(pickup.pk).values_list("collector_id", flat=True)
    return [match.collector_id, *queue] if match else list(queue)
