"""Posting a pickup: its draft as plain values, the rules for items, time and price, and the new row."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import transaction

from backend.accounts.models import User
from backend.core.errors import DomainError
from backend.core.metrics import count_on_commit
from backend.core.text.amounts import format_kg, format_number
from backend.moderation.services.reports import hold_for_review
from geo.errors import (
    ExpiryInThePast,
    ExpiryTooFar,
    MaterialTwice,
    MaterialUnknown,
    PriceMismatch,
    QuantityNotWhole,
    QuantityTooLarge,
    UnitMismatch,
    WindowBeyondExpiry,
    WindowInThePast,
    WindowReversed,
)
from geo.grid import cell_of
from geo.lifecycle.transitions import PICKUPS
from geo.matching.services.matches import require_not_paused
from geo.matching.services.rings import start_rings
from geo.materials.selectors import materials_by_code
from geo.models import Material, Pickup, PickupItem
from geo.pickups.services.holding import needs_review, thing_of
from geo.service_area import require_served

GRAM = Decimal("0.001")
# A window may have begun earlier today; a date last week is a mistake.
WINDOW_BEGAN_AT_MOST = timedelta(days=1)
PLAIN_FIELDS = ("title", "note", "area", "address", "access_note", "choose")


@dataclass(frozen=True, kw_only=True)
class ItemDraft:
    """A quantity of one material. `unit` may be left out; if given, it must be the material's own."""

    material: str
    quantity: Decimal
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Window:
    """When the material can be collected."""

    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Price:
    """Who pays, and how many THB."""

    mode: str = Pickup.PriceMode.FREE
    thb: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class PickupDraft:
    """A pickup to post. `location` is in degrees (SRID 4326)."""

    title: str
    items: list[ItemDraft]
    location: Point
    window: Window
    note: str = ""
    area: str = ""
    address: str = ""
    access_note: str = ""
    price: Price = Price()
    choose: str = Pickup.Choose.FIRST
    expires_at: datetime | None = None


@dataclass(frozen=True)
class CheckedItem:
    """An item that satisfies the rules, with its kilograms."""

    material: Material
    quantity: Decimal
    kg: Decimal


@transaction.atomic
def post_pickup(*, resident_id: uuid.UUID, draft: PickupDraft, now: datetime) -> Pickup:
    """Offer material to the collectors nearby. Raises Paused, or an Invalid with the field."""
    resident = User.objects.only("paused_until").get(pk=resident_id)
    require_not_paused(resident.paused_until, now)
    require_served(draft.location, field="location")
    expires_at = expiry_of(draft, now=now)
    check_expiry(expires_at, now=now)
    check_window(draft.window, expires_at=expires_at, now=now)
    price = check_price(draft.price)
    items = check_items(draft.items)
    pickup = Pickup(resident_id=resident_id, expires_at=expires_at, created_at=now, updated_at=now)
    pickup.warn_at = warning_before(expires_at, now=now)
    set_plain_fields(pickup, draft)
    pickup.location, pickup.cell = draft.location, cell_of(draft.location)
    set_window(pickup, draft.window)
    set_price(pickup, price)
    set_items(pickup, items)
    if needs_review(pickup):
        pickup.status, pickup.hidden_at = Pickup.Status.ON_HOLD, now
    pickup.save(force_insert=True)
    store_items(pickup, items)
    if pickup.hidden_at:
        hold_for_review(kind="pickup", thing=thing_of(pickup), now=now)
    else:
        start_rings(pickup=pickup, now=now)
    count_on_commit(PICKUPS, step="posted")
    return pickup


def check_price(price: Price) -> Price:
    """The price as it is stored: free without an amount. Raises PriceMismatch."""
    is_free = price.mode == Pickup.PriceMode.FREE
    if is_free == bool(price.thb):
        raise PriceMismatch(field="price")
    return Price(mode=price.mode, thb=price.thb or None)


def check_window(window: Window, *, expires_at: datetime, now: datetime) -> None:
    """Raise WindowReversed, WindowInThePast or WindowBeyondExpiry for a window that no collector can use."""
    if window.ends_at <= window.begins_at:
        raise WindowReversed(field="window")
    if window.ends_at <= now or window.begins_at < now - WINDOW_BEGAN_AT_MOST:
        raise WindowInThePast(field="window")
    if window.ends_at > expires_at:
        raise WindowBeyondExpiry(field="window")


def check_expiry(expires_at: datetime, *, now: datetime) -> None:
    """Raise ExpiryInThePast or ExpiryTooFar for an expiry that is too early or too late."""
    if expires_at <= now:
        raise ExpiryInThePast(field="expires_at")
    if expires_at > latest_expiry(now):
        raise ExpiryTooFar(field="expires_at", days=settings.PICKUP_DAYS_MAX)


def expiry_of(draft: PickupDraft, *, now: datetime) -> datetime:
    """When the pickup expires: as the draft says, or after `PICKUP_DAYS`, or with its window if that ends later."""
    usual = max(now + timedelta(days=settings.PICKUP_DAYS), draft.window.ends_at)
    return draft.expires_at or min(usual, latest_expiry(now))


def latest_expiry(now: datetime) -> datetime:
    """The latest expiry that a pickup may have now."""
    return now + timedelta(days=settings.PICKUP_DAYS_MAX)


def warning_before(expires_at: datetime, *, now: datetime) -> datetime | None:
    """When to warn the resident of the expiry; None if that moment has passed already."""
    warn_at = expires_at - timedelta(hours=settings.EXPIRY_WARNING_H)
    return warn_at if warn_at > now else None


def check_items(drafts: Sequence[ItemDraft]) -> list[CheckedItem]:
    """The items with their kilograms. Raises MaterialUnknown, MaterialTwice, UnitMismatch, QuantityNotWhole
    or QuantityTooLarge, with the item's field.
    """
    known = materials_by_code(draft.material for draft in drafts)
    checked: list[CheckedItem] = []
    for index, draft in enumerate(drafts):
        item = check_item(draft, known, field=f"items.{index}")
        if any(item.material == other.material for other in checked):
            raise MaterialTwice(field=f"items.{index}.material", material=item.material.name)
        checked.append(item)
    if kilograms_of(checked) > settings.PICKUP_KG_MAX:
        raise _too_large("items")
    return checked


def check_item(draft: ItemDraft, known: dict[str, Material], *, field: str) -> CheckedItem:
    """One item with its kilograms; raises as `check_items`."""
    material = known.get(draft.material)
    if material is None or not material.is_active:
        raise MaterialUnknown(field=f"{field}.material", material=draft.material)
    if draft.unit and draft.unit != material.unit:
        raise UnitMismatch(field=f"{field}.unit", material=material.name, unit=material.unit)
    if material.unit == Material.Unit.PIECE:
        _check_pieces(draft, material, field=f"{field}.quantity")
    # A thousand paper clips also weigh something.
    kg = max(GRAM, (draft.quantity * material.kg_per_unit).quantize(GRAM))
    return CheckedItem(material=material, quantity=draft.quantity, kg=kg)


def _check_pieces(draft: ItemDraft, material: Material, *, field: str) -> None:
    if draft.quantity != draft.quantity.to_integral_value():
        raise QuantityNotWhole(field=field, material=material.name)
    if draft.quantity > settings.PICKUP_PIECES_MAX:
        raise _too_large(field)


def _too_large(field: str) -> DomainError:
    kg, pieces = format_kg(settings.PICKUP_KG_MAX), format_number(settings.PICKUP_PIECES_MAX)
    return QuantityTooLarge(field=field, kg=kg, pieces=pieces)


def kilograms_of(items: Sequence[CheckedItem]) -> Decimal:
    """The estimate for all items together."""
    return sum((item.kg for item in items), Decimal(0))


def set_items(pickup: Pickup, items: Sequence[CheckedItem]) -> None:
    """Set the fields of a pickup that follow from its items, without saving."""
    pickup.kg_estimate = kilograms_of(items)
    pickup.material_ids = sorted(item.material.pk for item in items)
    pickup.is_hazardous = any(item.material.is_hazardous for item in items)


def store_items(pickup: Pickup, items: Sequence[CheckedItem]) -> None:
    """Replace the rows of a pickup's items, in the caller's transaction."""
    pickup.items.all().delete()
    PickupItem.objects.bulk_create(
        PickupItem(pickup=pickup, material=item.material, quantity=item.quantity, kg_estimate=item.kg) for item in items
    )


def set_plain_fields(pickup: Pickup, source: object) -> None:
    for name in PLAIN_FIELDS:
        value = getattr(source, name)
        if value is not None:
            setattr(pickup, name, value)


def set_window(pickup: Pickup, window: Window) -> None:
    pickup.window_from, pickup.window_until = window.begins_at, window.ends_at


def set_price(pickup: Pickup, price: Price) -> None:
    pickup.price_mode, pickup.price_thb = price.mode, price.thb
