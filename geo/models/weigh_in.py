"""What the scale said: the figures that stand, every version there was, and the photos of the scale."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.core.models import PublicModel
from geo.models.handover import Handover
from geo.models.material import Material


class WeighInLine(models.Model):
    """What stands for one material; replaced by every new weigh-in until both have confirmed.

    `pieces` is null where nothing was counted. Where only pieces were counted, the kilograms are the catalogue's.
    """

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="lines")
    material = models.ForeignKey(Material, models.PROTECT, related_name="+")
    gross_kg = models.DecimalField(max_digits=9, decimal_places=3)
    tare_kg = models.DecimalField(max_digits=9, decimal_places=3, default=0)
    pieces = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["handover", "material"], name="material_weighed_once"),
            models.CheckConstraint(condition=Q(tare_kg__gte=0, gross_kg__gt=F("tare_kg")), name="net_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.material_id} {self.gross_kg} kg"


class LeftItem(models.Model):
    """So much of one material was not taken, in its own unit: what can be posted again. Stands with the weigh-in."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="left")
    material = models.ForeignKey(Material, models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=9, decimal_places=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["handover", "material"], name="material_left_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="something_is_left"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.material_id}"


class WeighInVersion(models.Model):
    """The figures of one side at one time, kept for ever: the collector's weigh-ins, and the resident's in a dispute.

    `lines` and `left` are as the API shows them, with decimals as text.
    """

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    paid_thb = models.DecimalField(max_digits=9, decimal_places=2)
    net_kg = models.DecimalField(max_digits=10, decimal_places=3)
    lines = models.JSONField()
    left = models.JSONField(default=list)
    note = models.CharField(max_length=300, blank=True, help_text="Why the resident sees it otherwise.")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["handover", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return f"version {self.number} of {self.handover_id}"


def place_of_scale_photo(photo: "ScalePhoto", name: str) -> str:
    """Where a file goes: a name nobody can guess and no other row shares."""
    return f"scales/{uuid.uuid4().hex}.jpg"


class ScalePhoto(PublicModel):
    """What the scale showed: evidence for both. `large` fits 1600 px, `thumb` 400 px. Personal data: the picture."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="photos")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    large = models.ImageField(upload_to=place_of_scale_photo, width_field="width", height_field="height")
    thumb = models.ImageField(upload_to=place_of_scale_photo)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"scale of {self.handover_id}"
