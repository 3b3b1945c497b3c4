"""Changing a pickup: what the resident amends, which collectors are notified, and a later expiry."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import transaction

from backend.moderation.services.holding import has_held_word
from geo.errors import HeldWord, PickupNotOpen, PlaceChangedTooOften, WindowBeyondExpiry
from geo.grid import cell_of
from geo.lifecycle import notices
from geo.lifecycle.locks import lock_own_pickup
from geo.lifecycle.matches import live_match_of
from geo.lifecycle.transitions import close_card, close_likes_without_badge, queued_likes
from geo.matching.services.matches import offer_to_next_under_pickup_lock, pass_on_under_pickup_lock
from geo.models import Pickup, Swipe
from geo.pickups.services.holding import hold_pickup_for_review, needs_review
from geo.pickups.services.posting import (
    PLAIN_FIELDS,
    CheckedItem,
    ItemDraft,
    Price,
    Window,
    check_expiry,
    check_items,
    check_price,
    check_window,
    latest_expiry,
    set_items,
    set_plain_fields,
    set_price,
    set_window,
    store_items,
    warning_before,
)
from geo.service_area import require_served
from notifications.services.notify import Notice, notify

# The matched collector has agreed to everything else.
FREE_WHILE_MATCHED = {"note", "window"}
AMENDED_FIELDS = [
    *PLAIN_FIELDS, "location", "cell", "window_from", "window_until", "price_mode", "price_thb", "kg_estimate",
    "material_ids", "moves", "revision", "updated_at",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PickupChanges:
    """What to change about a pickup; None leaves a field unchanged."""

    title: str | None = None
    note: str | None = None
    items: list[ItemDraft] | None = None
    location: Point | None = None
    area: str | None = None
    address: str | None = None
    access_note: str | None = None
    window: Window | None = None
    price: Price | None = None
    choose: str | None = None

    def named(self) -> set[str]:
        return {name for name, value in vars(self).items() if value is not None}


@transaction.atomic
def amend_pickup(*, resident_id: uuid.UUID, pickup_id: uuid.UUID, changes: PickupChanges, now: datetime) -> Pickup:
    """Change an open pickup, or the note and window of a matched one, and notify the collectors who like it.

    Collectors who passed see it again after a material change. If it becomes hazardous, likes without the badge are
    closed. If the resident no longer chooses, it is offered to the first in the queue. With a word in `HELD_WORDS` an
    open one is held for review. Raises NotFound, PickupNotOpen, or an Invalid.
    """
    pickup = lock_own_pickup(pickup_id=pickup_id, resident_id=resident_id)
    _require_changeable(pickup, changes, now)
    terms, values, was_hazardous = _terms_of(pickup), _values_shown(pickup), pickup.is_hazardous
    items = _apply(pickup, changes, now)
    if items is not None:
        store_items(pickup, items)
    if _terms_of(pickup).may_please_after(terms):
        pickup.revision += 1
    pickup.updated_at = now
    pickup.save(update_fields=AMENDED_FIELDS)
    if pickup.status == Pickup.Status.OPEN and needs_review(pickup):
        hold_pickup_for_review(pickup=pickup, now=now)
        pickup.refresh_from_db()
        return pickup
    others = _require_badge(pickup, now) if pickup.is_hazardous and not was_hazardous else []
    if values["choose"] != pickup.choose and pickup.status == Pickup.Status.OPEN and not pickup.reserved_until:
        # Otherwise the next collector to swipe would overtake the queue.
        others += offer_to_next_under_pickup_lock(pickup=pickup, acting=resident_id, now=now)
    notify(notices=_notices_of_changes(pickup, values) + others, now=now)
    return pickup


@transaction.atomic
def extend_pickup(
    *, resident_id: uuid.UUID, pickup_id: uuid.UUID, expires_at: datetime | None, now: datetime
) -> Pickup:
    """Move the expiry of an open pickup to `expires_at`, or by `PICKUP_DAYS`, within the limit; warn again before it.

    Raises NotFound, PickupNotOpen, ExpiryInThePast, ExpiryTooFar, or WindowBeyondExpiry for an end before the window's.
    """
    pickup = lock_own_pickup(pickup_id=pickup_id, resident_id=resident_id)
    if not pickup.is_open_at(now):
        raise PickupNotOpen
    later = pickup.expires_at + timedelta(days=settings.PICKUP_DAYS)
    pickup.expires_at = expires_at or min(later, latest_expiry(now))
    check_expiry(pickup.expires_at, now=now)
    if expires_at and expires_at < pickup.window_until:
        raise WindowBeyondExpiry(field="expires_at")
    pickup.warn_at = warning_before(pickup.expires_at, now=now)
    pickup.updated_at = now
    pickup.save(update_fields=["expires_at", "warn_at", "updated_at"])
    notices.withdraw_pickup_notices(pickup=pickup, events=("pickup.expiring",), now=now)
    return pickup


def _require_badge(pickup: Pickup, now: datetime) -> list[Notice]:
    """Withdraw the card of a pickup that has become hazardous, and close the likes of collectors without the badge."""
    close_card(pickup=pickup, reason="hazardous")
    closed = close_likes_without_badge(pickup=pickup)
    if pickup.reserved_until and not queued_likes(pickup.pk).filter(like_state=Swipe.LikeState.ASKED).exists():
        closed += pass_on_under_pickup_lock(pickup=pickup, acting=pickup.resident_id, now=now)
    return closed


def _notices_of_changes(pickup: Pickup, values_before: dict[str, Any]) -> list[Notice]:
    """`pickup.amended` with the names of what changed, for the matched collector and everybody in the queue."""
    values = _values_shown(pickup)
    changed = [name for name in values if values[name] != values_before[name]]
    if not changed:
        return []
    match = live_match_of(pickup.pk)
    queue = queued_likes(pickup.pk).values_list("collector_id", flat=True)
    return notices.to_each(
        [match.collector_id, *queue] if match else queue,
        event="pickup.amended",
        pickup=pickup,
        data={"changed": changed},
        collapse_key=f"amended:{pickup.pk}",
    )


def _require_changeable(pickup: Pickup, changes: PickupChanges, now: datetime) -> None:
    is_free = pickup.status == Pickup.Status.MATCHED and changes.named() <= FREE_WHILE_MATCHED
    if not (pickup.is_open_at(now) or is_free):
        raise PickupNotOpen
    # Holding it for review would end the match without a penalty.
    if is_free and changes.note is not None and has_held_word(changes.note):
        raise HeldWord(field="note")


def _apply(pickup: Pickup, changes: PickupChanges, now: datetime) -> list[CheckedItem] | None:
    """Set the changes on the pickup without saving; returns the new items, if they change."""
    set_plain_fields(pickup, changes)
    if changes.location is not None:
        _move(pickup, changes.location)
    if changes.window is not None:
        ends_by = pickup.expires_at if pickup.status == Pickup.Status.OPEN else latest_expiry(now)
        check_window(changes.window, expires_at=ends_by, now=now)
        set_window(pickup, changes.window)
    if changes.price is not None:
        set_price(pickup, check_price(changes.price))
    if changes.items is None:
        return None
    items = check_items(changes.items)
    set_items(pickup, items)
    return items


def _move(pickup: Pickup, location: Point) -> None:
    """Limited, because everybody who likes a pickup is notified, and because its distances locate people."""
    require_served(location, field="location")
    cell = cell_of(location)
    if cell.coords != pickup.cell.coords:
        pickup.moves += 1
    if pickup.moves > settings.PICKUP_MOVES_MAX:
        raise PlaceChangedTooOften(field="location", limit=settings.PICKUP_MOVES_MAX)
    pickup.location, pickup.cell = location, cell


def _values_shown(pickup: Pickup) -> dict[str, Any]:
    """By their names in the API, the values that collectors who like a pickup see; of its place only the square."""
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


@dataclass(frozen=True)
class _Terms:
    """What makes a collector like a pickup or pass on it."""

    terms: tuple[object, ...]
    kg: Decimal
    materials: frozenset[int]

    def may_please_after(self, before: "_Terms") -> bool:
        """Whether a collector who passed on `before` may like these terms."""
        return self.terms != before.terms or self.kg > before.kg or not self.materials <= before.materials


def _terms_of(pickup: Pickup) -> _Terms:
    return _Terms(
        (pickup.window_from, pickup.window_until, pickup.price_mode, pickup.price_thb, pickup.cell.coords),
        pickup.kg_estimate,
        frozenset(pickup.material_ids),
    )
