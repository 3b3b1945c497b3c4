"""Holding pickups for review by a moderator; until then only their resident sees them."""

import uuid
from datetime import datetime

from django.db import transaction

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


def hold_pickup_for_review(*, pickup_id: uuid.UUID, now: datetime) -> None:
    """Hide a pickup and open a case about it, in two transactions."""
    hide_pickup(pickup_id=pickup_id, now=now)
    pickup = Pickup.objects.select_related("resident").get(pk=pickup_id)
    hold_for_review(kind="pickup", thing=thing_of(pickup), now=now)


def hold_photo_for_review(*, photo: PickupPhoto, now: datetime) -> None:
    """Hide the pickup of a known picture and open a case about the photo."""
    hide_pickup(pickup_id=photo.pickup_id, now=now)
    with transaction.atomic():
        hold_for_review(kind="photo", thing=thing_of_photo(photo), now=now)
