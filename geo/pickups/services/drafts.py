"""What a resident wants to give away, as plain values, and the rules about time and price that they must pass."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.gis.geos import Point

from geo.errors import (
    ExpiryInThePast,
    ExpiryTooFar,
    PriceMismatch,
    WindowBeyondExpiry,
    WindowInThePast,
    WindowReversed,
)
from geo.models import Pickup

# A window that began this morning is fine; one that began last week was typed wrong.
WINDOW_BEGAN_AT_MOST = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class ItemDraft:
    """So much of one material. `unit` may be left out; if given, it must be the material's own."""

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


@dataclass(frozen=True, kw_only=True)
class PickupChanges:
    """What to change about a pickup; None leaves it as it is."""

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
        """The names of what is to change."""
        return {name for name, value in vars(self).items() if value is not None}


def check_price(price: Price) -> Price:
    """The price as it is stored: free without an amount. Raises PriceMismatch."""
    is_free = price.mode == Pickup.PriceMode.FREE
    if is_free == bool(price.thb):
        raise PriceMismatch(field="price")
    return Price(mode=price.mode, thb=price.thb or None)


def check_window(window: Window, *, expires_at: datetime, now: datetime) -> None:
    """Raise WindowReversed, WindowInThePast or WindowBeyondExpiry for a window that serves nobody."""
    if window.ends_at <= window.begins_at:
        raise WindowReversed(field="window")
    if window.ends_at <= now or window.begins_at < now - WINDOW_BEGAN_AT_MOST:
        raise WindowInThePast(field="window")
    if window.ends_at > expires_at:
        raise WindowBeyondExpiry(field="window")


def check_expiry(expires_at: datetime, *, now: datetime) -> None:
    """Raise ExpiryInThePast or ExpiryTooFar for an end that comes too early or too late."""
    if expires_at <= now:
        raise ExpiryInThePast(field="expires_at")
    if expires_at > latest_expiry(now):
        raise ExpiryTooFar(field="expires_at", days=settings.PICKUP_DAYS_MAX)


def expiry_of(draft: PickupDraft, *, now: datetime) -> datetime:
    """When the pickup expires: as asked, or after `PICKUP_DAYS`, or with its window if that ends later."""
    usual = max(now + timedelta(days=settings.PICKUP_DAYS), draft.window.ends_at)
    return draft.expires_at or min(usual, latest_expiry(now))


def latest_expiry(now: datetime) -> datetime:
    """The end of the longest time that a pickup may stay open from now."""
    return now + timedelta(days=settings.PICKUP_DAYS_MAX)


def warning_before(expires_at: datetime, *, now: datetime) -> datetime | None:
    """When to warn the resident of the expiry; not at all where that moment has passed already."""
    warn_at = expires_at - timedelta(hours=settings.EXPIRY_WARNING_H)
    return warn_at if warn_at > now else None
