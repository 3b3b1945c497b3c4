"""What was really handed over. Rows are never changed; the database refuses it."""

from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models

from backend.core.clock import city_zone
from backend.core.models import PublicModel
from geo import receipt_hash as chain
from geo.models.match import Match
from geo.models.material import Material


def month_of(moment: datetime) -> date:
    """The first day of the month in which the city's calendar has `moment`."""
    return moment.astimezone(city_zone()).date().replace(day=1)


class Receipt(PublicModel):
    """The record that both trust and the city counts. Whoever has `token` may look at what the paper says."""

    number = models.BigIntegerField(unique=True, help_text="Counts up by one for each receipt.")
    match = models.OneToOneField(Match, models.PROTECT, related_name="receipt")
    resident = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    collector = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    paid_thb = models.DecimalField(max_digits=9, decimal_places=2)
    handed_over_at = models.DateTimeField()
    month = models.DateField(
        db_default=date(1970, 1, 1),
        help_text="First day of its month, in the calendar of the city.",
    )
    group_ids = ArrayField(
        models.UUIDField(), default=list, db_default=[], help_text="The groups of the resident for which it counts."
    )
    link = models.PositiveIntegerField(db_default=0, help_text="Counts the receipts of this collector from 1.")
    previous_hash = models.CharField(
        max_length=64, blank=True, db_default="", help_text="Of this collector's receipt before; empty for the first."
    )
    content_hash = models.CharField(max_length=64, db_default="", help_text="SHA-256, see docs/receipts.md.")
    token = models.UUIDField(unique=True, db_default=RandomUUID(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collector", "link"], condition=models.Q(link__gt=0), name="one_receipt_per_link"
            ),
        ]

    def __str__(self) -> str:
        return f"receipt {self.number}"

    def content_with(self, lines: "list[ReceiptLine]") -> chain.Content:
        """What is hashed, with `lines` in the order in which they were written."""
        return chain.Content(
            id=self.pk,
            number=self.number,
            match_id=self.match_id,
            resident_id=self.resident_id,
            collector_id=self.collector_id,
            paid_thb=self.paid_thb,
            handed_over_at=self.handed_over_at,
            link=self.link,
            previous_hash=self.previous_hash,
            lines=[line.content for line in lines],
        )


class ReceiptChain(models.Model):
    """How long one collector's chain is, and where it ends: without this a receipt could vanish from its end."""

    collector = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, primary_key=True, related_name="+")
    length = models.PositiveIntegerField()
    head_hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.length} receipts of {self.collector_id}"


class ReceiptLine(models.Model):
    """Gross, tare and net kilograms of one material, with the factor that was in force; `pieces` where it was counted.

    The factor's set and version are kept apart from its source, so that a total never mixes two sets.
    """

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="lines")
    material = models.ForeignKey(Material, models.PROTECT, related_name="+")
    gross_kg = models.DecimalField(max_digits=9, decimal_places=3)
    tare_kg = models.DecimalField(max_digits=9, decimal_places=3)
    net_kg = models.DecimalField(max_digits=9, decimal_places=3)
    pieces = models.PositiveIntegerField(null=True)
    kg_co2e_per_kg = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    factor_set = models.CharField(max_length=20, blank=True, db_default="")
    factor_version = models.CharField(max_length=20, blank=True, db_default="")
    factor_source = models.CharField(max_length=240, blank=True)

    def __str__(self) -> str:
        return f"{self.net_kg} kg of {self.material_id}"

    @property
    def kg_co2e_avoided(self) -> Decimal | None:
        """Kilograms avoided, exact; None where nobody has modelled it."""
        return None if self.kg_co2e_per_kg is None else self.net_kg * self.kg_co2e_per_kg

    @property
    def content(self) -> chain.Line:
        """What is hashed of it."""
        return chain.Line(
            material=self.material.code,
            gross_kg=self.gross_kg,
            tare_kg=self.tare_kg,
            net_kg=self.net_kg,
            kg_co2e_per_kg=self.kg_co2e_per_kg,
            factor_set=self.factor_set,
            factor_version=self.factor_version,
            factor_source=self.factor_source,
            pieces=self.pieces,
        )
