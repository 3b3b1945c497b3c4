"""What was really handed over. Rows are never changed; the database refuses it."""

from django.conf import settings
from django.db import models

from backend.shared.models import PublicModel
from geo.models.match import Match
from geo.models.material import Material


class Receipt(PublicModel):
    """The record that both trust and the city counts."""

    number = models.BigIntegerField(unique=True, help_text="Counts up by one for each receipt.")
    match = models.OneToOneField(Match, models.PROTECT, related_name="receipt")
    resident = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    collector = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    paid_thb = models.DecimalField(max_digits=9, decimal_places=2)
    handed_over_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"receipt {self.number}"


class ReceiptLine(models.Model):
    """Gross, tare and net kilograms of one material, with the factor that was in force.

    The factor's set and version are kept apart from its source, so that a total never mixes two sets.
    """

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="lines")
    material = models.ForeignKey(Material, models.PROTECT, related_name="+")
    gross_kg = models.DecimalField(max_digits=9, decimal_places=3)
    tare_kg = models.DecimalField(max_digits=9, decimal_places=3)
    net_kg = models.DecimalField(max_digits=9, decimal_places=3)
    kg_co2e_per_kg = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    factor_set = models.CharField(max_length=20, blank=True, db_default="")
    factor_version = models.CharField(max_length=20, blank=True, db_default="")
    factor_source = models.CharField(max_length=240, blank=True)

    def __str__(self) -> str:
        return f"{self.net_kg} kg of {self.material_id}"
