"""Posting the leftovers of a match as a new pickup, once, linked to the first."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from django.db import transaction

from backend.core.clock import city_zone
from backend.core.errors import NotFound
from geo.handover_errors import NothingLeft
from geo.lifecycle.locks import lock_match_of
from geo.models import LeftItem, Match, Pickup, PickupItem
from geo.pickups.services.posting import (
    ItemDraft,
    PickupDraft,
    Price,
    Window,
    check_items,
    kilograms_of,
    post_pickup,
)


@transaction.atomic
def post_leftovers(
    *, resident_id: uuid.UUID, match_id: uuid.UUID, window: Window | None = None, now: datetime
) -> tuple[Pickup, bool]:
    """Post what the collector left, or all of it after a no-show of the resident; returns the pickup, and whether it
    is new. The second call returns the first one's pickup.

    Without a `window`, `next_window` applies. Raises NotFound for everybody but the resident, NothingLeft, or an
    Invalid of posting.
    """
    match = lock_match_of(match_id=match_id, user_id=resident_id)
    pickup = match.pickup
    if pickup.resident_id != resident_id:
        raise NotFound
    posted = Pickup.objects.filter(continues=pickup).first()
    if posted:
        return posted, False
    if pickup.place_removed_at:
        raise NothingLeft
    new = post_pickup(resident_id=resident_id, draft=_draft(pickup, _left(match), window, now), now=now)
    new.continues = pickup
    new.save(update_fields=["continues"])
    return new, True


def next_window(pickup: Pickup, *, now: datetime) -> Window:
    """The pickup's hours on the first day, in the city's time, on which they have not begun."""
    zone = city_zone()
    begins, ends = pickup.window_from.astimezone(zone), pickup.window_until.astimezone(zone)
    passed = max(0, (now.astimezone(zone).date() - begins.date()).days)
    days = (_later(begins, ends, days) for days in count(passed))
    # When the clock goes forward in the night, a window may end before it begins: take the day after.
    return next(window for window in days if now < window.begins_at < window.ends_at)


def _later(begins: datetime, ends: datetime, days: int) -> Window:
    """The same hours `days` later, in UTC: Python compares two times of one zone by their wall clock."""
    moved = (moment + timedelta(days=days) for moment in (begins.replace(fold=0), ends.replace(fold=0)))
    begins_at, ends_at = (moment.astimezone(UTC) for moment in moved)
    return Window(begins_at=begins_at, ends_at=ends_at)


def _left(match: Match) -> list[ItemDraft]:
    if match.status == Match.Status.COMPLETED:
        rows = LeftItem.objects.filter(handover_id=match.pk)
    elif match.status == Match.Status.NO_SHOW and match.pickup.status == Pickup.Status.CANCELLED:
        return _items_of(match.pickup)
    else:
        raise NothingLeft
    left = rows.order_by("pk").values_list("material__code", "quantity")
    if not left:
        raise NothingLeft
    return [ItemDraft(material=code, quantity=quantity) for code, quantity in left]


def _items_of(pickup: Pickup) -> list[ItemDraft]:
    items = PickupItem.objects.filter(pickup=pickup).order_by("pk").values_list("material__code", "quantity")
    return [ItemDraft(material=code, quantity=quantity) for code, quantity in items]


def _draft(pickup: Pickup, items: list[ItemDraft], window: Window | None, now: datetime) -> PickupDraft:
    """The draft of the first pickup, with the leftovers and their share of the price."""
    return PickupDraft(
        title=pickup.title,
        note=pickup.note,
        items=items,
        location=pickup.location,
        area=pickup.area,
        address=pickup.address,
        access_note=pickup.access_note,
        window=window or next_window(pickup, now=now),
        price=_price(pickup, items),
        choose=pickup.choose,
    )


def _price(pickup: Pickup, items: list[ItemDraft]) -> Price:
    """The share by weight, in whole THB."""
    if pickup.price_thb is None:
        return Price()
    share = min(kilograms_of(check_items(items)) / pickup.kg_estimate, Decimal(1))
    thb = (pickup.price_thb * share).quantize(Decimal(1))
    return Price(mode=pickup.price_mode, thb=max(thb, Decimal(1)))
