"""Photos of a pickup: re-encoded without metadata, in two sizes."""

import uuid

from django.db import models

from backend.core.models import PublicModel
from geo.models.pickup import Pickup


def place_of_photo(photo: "PickupPhoto", name: str) -> str:
    """The path of a new file: unguessable and unique."""
    return f"pickups/{uuid.uuid4().hex}.jpg"


class PickupPhoto(PublicModel):
    """A photo of a pickup. `large` fits 1600 px, `thumb` 400 px. Personal data: the picture."""

    pickup = models.ForeignKey(Pickup, models.CASCADE, related_name="photos")
    position = models.PositiveSmallIntegerField()
    large = models.ImageField(upload_to=place_of_photo, width_field="width", height_field="height")
    thumb = models.ImageField(upload_to=place_of_photo)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["pickup", "position"], name="one_photo_per_position")]

    def __str__(self) -> str:
        return f"photo {self.position} of {self.pickup_id}"
