"""Holding pickups for review by a moderator; until then only their resident sees them."""

from datetime import datetime

from backend.moderation.services.holding import has_held_word
from backend.moderation.services.reports import hold_for_review
from backend.moderation.subjects import Thing
from geo.matching.services.matches import hide_pickup
from geo.models import Pickup, PickupPhoto


def thing_of(pickup: Pickup) -> Thing:
    """The texts and photos of a pickup, without its place."""
    content = {"title": pickup.title, "note": pickup.note, "area": pickup.area}
    photos = [photo.large for photo in pickup.photos.all()]
    return Thing(id=pickup.pk, author=pickup.resident, made_at=pickup.created_at, content=content, photos=photos)


def thing_of_photo(photo: PickupPhoto) -> Thing:
    """One photo of a pickup."""
    pickup = photo.pickup
    content = {"pickup": str(pickup.pk), "title": pickup.title}
    return Thing(id=photo.pk, author=pickup.resident, made_at=photo.created_at, content=content, photos=[photo.large])


def needs_review(pickup: Pickup) -> bool:
    """Whether a text of the pickup holds a word in `HELD_WORDS`."""
    return has_held_word(pickup.title, pickup.note, pickup.area)


def hold_pickup_for_review(*, pickup: Pickup, now: datetime) -> None:
    """Hide a locked pickup and open a case about it, in the caller's transaction."""
    hold_for_review(kind="pickup", thing=thing_of(pickup), now=now)
    hide_pickup(pickup_id=pickup.pk, now=now)


def hold_photo_for_review(*, photo: PickupPhoto, now: datetime) -> None:
    """Hide the locked pickup of a known picture and open a case about the photo, in the caller's transaction."""
    hold_for_review(kind="photo", thing=thing_of_photo(photo), now=now)
    hide_pickup(pickup_id=photo.pickup_id, now=now)
