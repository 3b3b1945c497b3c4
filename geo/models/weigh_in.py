"""Weigh-ins: the figures in force, all versions of them, and the photos of the scale."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.core.media.private_files import private_storage
from backend.core.models import Choices, PublicModel
from geo.models.handover import Handover
from geo.models.material import Material


class Grade(Choices):
    """How good a material is. It moves the price more than the material does."""

    A = "a", "clean and sorted"
    B = "b", "usual"
    C = "c", "dirty or mixed"


class LineMoney(models.Model):
    """What one line was worth, where the parties said it line by line; and the grade, where they gave one."""

    grade = models.CharField(_("grade"), max_length=1, choices=Grade, blank=True, default="", db_default="")
    price_thb_per_kg = models.DecimalField(
        _("price thb per kg"), max_digits=8, decimal_places=2, null=True, help_text="As agreed; null for an amount."
    )
    paid_thb = models.DecimalField(
        _("paid thb"), max_digits=9, decimal_places=2, null=True, help_text="For this line, to the resident."
    )

    class Meta:
        abstract = True


class WeighInLine(LineMoney):
    """The figures in force for one material; each weigh-in replaces them until both parties have confirmed.

    `pieces` is null if nothing was counted. If only pieces were counted, the weight comes from the catalogue.
    """

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="lines")
    material = models.ForeignKey(Material, models.PROTECT, verbose_name=_("material"), related_name="+")
    gross_kg = models.DecimalField(max_digits=9, decimal_places=3)
    tare_kg = models.DecimalField(max_digits=9, decimal_places=3, default=0)
    pieces = models.PositiveIntegerField(_("pieces"), null=True)

    class Meta:
        verbose_name = _("weigh in line")
        verbose_name_plural = _("weigh in lines")
        constraints = [
            models.UniqueConstraint(fields=["handover", "material"], name="one_weigh_in_per_material"),
            models.CheckConstraint(condition=Q(tare_kg__gte=0, gross_kg__gt=F("tare_kg")), name="net_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.material_id} {self.gross_kg} kg"


class LeftItem(models.Model):
    """A quantity of one material that the collector left, in the material's unit; the resident can post it again."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="left")
    material = models.ForeignKey(Material, models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=9, decimal_places=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["handover", "material"], name="one_leftover_per_material"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="leftover_quantity_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.material_id}"


class WeighInVersion(models.Model):
    """One party's figures, which never change: each weigh-in of the collector, and each dispute of the resident.

    `lines` and `left` have the shape of the API, with decimals as text.
    """

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(_("number"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("by"), related_name="+")
    at = models.DateTimeField(_("at"))
    paid_thb = models.DecimalField(max_digits=9, decimal_places=2)
    net_kg = models.DecimalField(max_digits=10, decimal_places=3)
    lines = models.JSONField(_("lines"))
    left = models.JSONField(_("left"), default=list)
    is_correction = models.BooleanField(default=False, db_default=False, help_text="Proposed after the receipt.")
    is_unusual = models.BooleanField(default=False, db_default=False, help_text="Far from the estimate.")
    declined_at = models.DateTimeField(
        _("declined at"), null=True, help_text="When the other party declined this correction."
    )
    note = models.CharField(_("note"), max_length=300, blank=True, help_text="The resident's reason for the dispute.")

    class Meta:
        verbose_name = _("weigh in version")
        verbose_name_plural = _("weigh in versions")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["handover", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return f"version {self.number} of {self.handover_id}"


def place_of_scale_photo(photo: "ScalePhoto", name: str) -> str:
    """The path of a new file: unguessable and unique."""
    return f"scales/{uuid.uuid4().hex}.jpg"


class ScalePhoto(PublicModel):
    """A photo of the scale, as evidence for the two parties alone. Personal data: the picture.

    `large` fits 1600 px, `thumb` 400 px.
    """

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="photos")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    large = models.ImageField(
        storage=private_storage, upload_to=place_of_scale_photo, width_field="width", height_field="height"
    )
    thumb = models.ImageField(storage=private_storage, upload_to=place_of_scale_photo)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"scale of {self.handover_id}"
