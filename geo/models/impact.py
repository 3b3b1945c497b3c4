"""Sums of recycled kilograms, updated with each receipt, so that reading a total does not depend on their number."""

import uuid

from django.db import models

from geo.models.material import Material

CITY = uuid.UUID(int=0)


class ImpactRow(models.Model):
    """Kilograms of one material with one factor in one calendar month, for the city, a person or a group.

    CO2e is not stored: it is the product of kilograms and factor.
    """

    class Scope(models.TextChoices):
        CITY = "city"
        GAVE = "gave", "a person, as the one who gave"
        COLLECTED = "collected", "a person, as the one who collected"
        GROUP = "group"

    scope = models.CharField(max_length=9, choices=Scope)
    owner = models.UUIDField(help_text="The person or group; all zeros for the city.")
    month = models.DateField(help_text="The first day of the month.")
    material = models.ForeignKey(Material, models.PROTECT, related_name="+", db_index=False)
    factor_set = models.CharField(max_length=20)
    factor_version = models.CharField(max_length=20)
    kg_co2e_per_kg = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    factor_source = models.CharField(max_length=240)
    kg = models.DecimalField(max_digits=18, decimal_places=3)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.kg} kg of {self.material_id} {self.month}"


class ImpactEntry(ImpactRow):
    """What one receipt adds. A trigger on receipt lines writes it; a periodic task moves it into `ImpactSum`."""

    class Meta:
        indexes = [models.Index(fields=["scope", "owner"], name="impact_entry_by_owner")]


class ImpactSum(ImpactRow):
    """All entries moved so far, one row per key. The view `geo_impact_now` adds the entries that are still to be moved.

    `rebuild_impact` compares both with the receipt lines and repairs them.
    """

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "scope", "owner", "month", "material", "factor_set", "factor_version", "kg_co2e_per_kg",
                    "factor_source",
                ],
                nulls_distinct=False,
                name="one_sum_per_key",
            )
        ]  # fmt: skip
