"""Bringing the material from one hand to the other: the time, the weighing, the confirmation by both."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from geo.models.match import Match
from geo.models.material import Material


class Handover(models.Model):
    """One per match. `code` is shown to the resident, who says it to the collector at the door."""

    match = models.OneToOneField(Match, models.CASCADE, primary_key=True, related_name="handover")
    proposed_for = models.DateTimeField(null=True, help_text="The time last proposed.")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    agreed_for = models.DateTimeField(null=True, help_text="The time both agreed on.")
    weighed_at = models.DateTimeField(null=True)
    paid_thb = models.DecimalField(
        max_digits=9,
        decimal_places=2,
        default=0,
        help_text="To the resident; negative when the resident paid.",
    )
    code = models.CharField(max_length=6)
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    resident_confirmed_at = models.DateTimeField(null=True)
    collector_confirmed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"handover of {self.match_id}"


class WeighInLine(models.Model):
    """What the scale said for one material; replaced by every new weigh-in until both have confirmed."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="lines")
    material = models.ForeignKey(Material, models.PROTECT, related_name="+")
    gross_kg = models.DecimalField(max_digits=9, decimal_places=3)
    tare_kg = models.DecimalField(max_digits=9, decimal_places=3, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["handover", "material"], name="material_weighed_once"),
            models.CheckConstraint(condition=Q(tare_kg__gte=0, gross_kg__gt=F("tare_kg")), name="net_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.material_id} {self.gross_kg} kg"
