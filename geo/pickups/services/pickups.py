"""Posting a pickup, changing it, and letting it stay open longer."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from backend.accounts.models import User
from geo.errors import PickupNotOpen, WindowBeyondExpiry
from geo.grid import cell_of
from geo.lifecycle.locks import lock_own_pickup
from geo.lifecycle.notices import withdraw_pickup_notices
from geo.lifecycle.transitions import close_card, close_likes_without_badge, queued_likes
from geo.matching.services import notices as pickup_notices
from geo.matching.services.matches import require_not_paused
from geo.matching.services.queue import offer_to_the_next_under_pickup_lock, pass_on_under_pickup_lock
from geo.matching.services.rings import start_rings
from geo.models import Pickup, Swipe
from geo.pickups.services.changes import Seen, names_of_changes, what_is_seen, whom_changes_concern
from geo.pickups.services.contents import Line, check_items, fill, store_items
from geo.pickups.services.drafts import (
    PickupChanges,
    PickupDraft,
    Price,
    Window,
    check_expiry,
    check_price,
    check_window,
    expiry_of,
    latest_expiry,
    warning_before,
)
from geo.service_area import require_served
from notifications.services.notify import Notice, notify

PLAIN_FIELDS = ("title", "note", "area", "address", "access_note", "choose")
# A collector who is on his way has agreed to all the rest.
FREE_WHILE_MATCHED = {"note", "window"}
AMENDED_FIELDS = [
    *PLAIN_FIELDS, "location", "cell", "window_from", "window_until", "price_mode", "price_thb", "kg_estimate",
    "material_ids", "revision", "updated_at",
]  # fmt: skip


@transaction.atomic
def post_pickup(*, resident_id: uuid.UUID, draft: PickupDraft, now: datetime) -> Pickup:
    """Offer material to the collectors nearby. Raises Paused, or an Invalid that names the field at fault."""
    resident = User.objects.only("paused_until").get(pk=resident_id)
    require_not_paused(resident.paused_until, now)
    require_served(draft.location, field="location")
    expires_at = expiry_of(draft, now=now)
    check_expiry(expires_at, now=now)
    check_window(draft.window, expires_at=expires_at, now=now)
    price = check_price(draft.price)
    lines = check_items(draft.items)
    pickup = Pickup(resident_id=resident_id, expires_at=expires_at, created_at=now, updated_at=now)
    pickup.warn_at = warning_before(expires_at, now=now)
    _set_plain_fields(pickup, draft)
    pickup.location, pickup.cell = draft.location, cell_of(draft.location)
    _set_window(pickup, draft.window)
    _set_price(pickup, price)
    fill(pickup, lines)
    pickup.save(force_insert=True)
    store_items(pickup, lines)
    start_rings(pickup=pickup, now=now)
    return pickup


@transaction.atomic
def amend_pickup(*, resident_id: uuid.UUID, pickup_id: uuid.UUID, changes: PickupChanges, now: datetime) -> Pickup:
    """Change an open pickup; of a matched one, its note and window only. All who like it are told what changed.

    Collectors who passed see it again when it changed materially. Likes of those who may not take what it holds now are
    closed. Where the resident no longer chooses, the first of
    those who wait gets it, or is asked. Raises NotFound, PickupNotOpen, or an Invalid.
    """
    pickup = lock_own_pickup(pickup_id=pickup_id, resident_id=resident_id)
    _require_changeable(pickup, changes, now)
    before, seen_before, was_hazardous = _offer_of(pickup), what_is_seen(pickup), pickup.is_hazardous
    lines = _apply(pickup, changes, now)
    if lines is not None:
        store_items(pickup, lines)
    if _offer_of(pickup).is_worth_another_look(before):
        pickup.revision += 1
    pickup.updated_at = now
    pickup.save(update_fields=AMENDED_FIELDS)
    told = _close_to_many(pickup, now) if pickup.is_hazardous and not was_hazardous else []
    told += _offer_to_who_came_first(pickup, seen_before, now)
    notify(notices=_of_changes(pickup, seen_before) + told, now=now)
    return pickup


@transaction.atomic
def extend_pickup(
    *, resident_id: uuid.UUID, pickup_id: uuid.UUID, expires_at: datetime | None, now: datetime
) -> Pickup:
    """Let an open pickup expire at `expires_at`, or `PICKUP_DAYS` later than now planned, within the limit.

    Its resident is warned again before that.

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
    withdraw_pickup_notices(pickup=pickup, events=("pickup.expiring",), now=now)
    return pickup


def _close_to_many(pickup: Pickup, now: datetime) -> list[Notice]:
    """What has become hazardous is not for those without the badge: neither its card, nor a place in its queue."""
    close_card(pickup=pickup, reason="hazardous")
    told = close_likes_without_badge(pickup=pickup)
    if pickup.reserved_until and not queued_likes(pickup.pk).filter(like_state=Swipe.LikeState.ASKED).exists():
        told += pass_on_under_pickup_lock(pickup=pickup, acting=pickup.resident_id, now=now)
    return told


def _offer_to_who_came_first(pickup: Pickup, seen_before: Seen, now: datetime) -> list[Notice]:
    """Nobody may overtake those who wait already: the next thumb would."""
    if seen_before["choose"] == pickup.choose or pickup.reserved_until or pickup.status != Pickup.Status.OPEN:
        return []
    return offer_to_the_next_under_pickup_lock(pickup=pickup, acting=pickup.resident_id, now=now)


def _of_changes(pickup: Pickup, seen_before: Seen) -> list[Notice]:
    changed = names_of_changes(seen_before, what_is_seen(pickup))
    concerned = whom_changes_concern(pickup) if changed else []
    return pickup_notices.of_amendment(pickup=pickup, collector_ids=concerned, changed=changed)


def _require_changeable(pickup: Pickup, changes: PickupChanges, now: datetime) -> None:
    is_free = pickup.status == Pickup.Status.MATCHED and changes.named() <= FREE_WHILE_MATCHED
    if not (pickup.is_open_at(now) or is_free):
        raise PickupNotOpen


def _apply(pickup: Pickup, changes: PickupChanges, now: datetime) -> list[Line] | None:
    """Put the changes on the pickup without saving; returns the new items, if they are to change."""
    _set_plain_fields(pickup, changes)
    if changes.location is not None:
        require_served(changes.location, field="location")
        pickup.location, pickup.cell = changes.location, cell_of(changes.location)
    if changes.window is not None:
        ends_by = pickup.expires_at if pickup.status == Pickup.Status.OPEN else latest_expiry(now)
        check_window(changes.window, expires_at=ends_by, now=now)
        _set_window(pickup, changes.window)
    if changes.price is not None:
        _set_price(pickup, check_price(changes.price))
    if changes.items is None:
        return None
    lines = check_items(changes.items)
    fill(pickup, lines)
    return lines


def _set_plain_fields(pickup: Pickup, source: PickupDraft | PickupChanges) -> None:
    for name in PLAIN_FIELDS:
        value = getattr(source, name)
        if value is not None:
            setattr(pickup, name, value)


def _set_window(pickup: Pickup, window: Window) -> None:
    pickup.window_from, pickup.window_until = window.begins_at, window.ends_at


def _set_price(pickup: Pickup, price: Price) -> None:
    pickup.price_mode, pickup.price_thb = price.mode, price.thb


@dataclass(frozen=True)
class _Offer:
    """What a collector decides by."""

    terms: tuple[object, ...]
    kg: Decimal
    materials: frozenset[int]

    def is_worth_another_look(self, before: "_Offer") -> bool:
        """Whether somebody who passed on `before` may think otherwise now."""
        return self.terms != before.terms or self.kg > before.kg or not self.materials <= before.materials


def _offer_of(pickup: Pickup) -> _Offer:
    return _Offer(
        (pickup.window_from, pickup.window_until, pickup.price_mode, pickup.price_thb, pickup.cell.coords),
        pickup.kg_estimate,
        frozenset(pickup.material_ids),
    )
