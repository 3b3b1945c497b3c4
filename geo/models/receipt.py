"""Receipts and their hash chains. Rows are never changed; triggers refuse it.

A receipt's hash covers its content and the hash of the same collector's previous receipt. The hashed text is documented
in docs/receipts.md, so that anybody can recompute it. A version of the text never changes; new content gets a new one.
The lines decide the version, so that nothing can be added to a receipt whose version does not hash it.
"""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.core.clock import city_zone
from backend.core.models import PublicModel
from geo.models.match import Match
from geo.models.material import Material
from geo.models.weigh_in import LineMoney

KILOGRAMS_ONLY, WITH_PIECES, CORRECTION, WITH_MONEY = 1, 2, 3, 4


def month_of(moment: datetime) -> date:
    """The first day of the month of `moment` in the city's time zone."""
    return moment.astimezone(city_zone()).date().replace(day=1)


class Receipt(PublicModel):
    """The record of a completed handover. The `token` of a printed receipt gives access to the printed content."""

    number = models.BigIntegerField(_("number"), unique=True, help_text="Rises with each receipt; some are left out.")
    match = models.ForeignKey(Match, models.PROTECT, verbose_name=_("match"), related_name="receipts")
    corrects = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("corrects"),
        null=True,
        related_name="corrections",
        help_text="The first receipt of the match. This one holds the differences to it and to earlier corrections.",
    )
    corrected_at = models.DateTimeField(_("corrected at"), null=True)
    resident = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("resident"), related_name="+")
    collector = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("collector"), related_name="+"
    )
    paid_thb = models.DecimalField(_("paid thb"), max_digits=9, decimal_places=2)
    handed_over_at = models.DateTimeField(_("handed over at"))
    month = models.DateField(
        _("month"),
        db_default=date(1970, 1, 1),
        help_text="First day of its month, in the calendar of the city.",
    )
    group_ids = ArrayField(
        models.UUIDField(),
        verbose_name=_("group ids"),
        default=list,
        db_default=[],
        help_text="The groups of the resident for which it counts.",
    )
    link = models.PositiveIntegerField(
        _("link"), db_default=0, help_text="Counts the receipts of this collector from 1."
    )
    previous_hash = models.CharField(
        _("previous hash"),
        max_length=64,
        blank=True,
        db_default="",
        help_text="Of this collector's receipt before; empty for the first.",
    )
    content_hash = models.CharField(
        _("content hash"), max_length=64, db_default="", help_text="SHA-256, see docs/receipts.md."
    )
    token = models.UUIDField(unique=True, db_default=RandomUUID(), editable=False)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [
            models.UniqueConstraint(
                fields=["collector", "link"], condition=models.Q(link__gt=0), name="one_receipt_per_link"
            ),
            models.UniqueConstraint(
                fields=["match"], condition=models.Q(corrects=None), name="one_first_receipt_per_match"
            ),
        ]

    def __str__(self) -> str:
        return f"receipt {self.number}"

    def hash_with(self, lines: "Iterable[ReceiptLine]") -> str:
        """SHA-256 of the canonical text, in hexadecimal."""
        return sha256(self.canonical_text(lines).encode()).hexdigest()

    def canonical_text(self, lines: "Iterable[ReceiptLine]") -> str:
        """The hashed text, with `lines` in insertion order: JSON with sorted names and no spaces, decimals as text."""
        lines = list(lines)
        version = WITH_PIECES if any(line.pieces is not None for line in lines) else KILOGRAMS_ONLY
        correction: dict[str, object] = {}
        if self.corrects_id and self.corrected_at:
            version = CORRECTION
            correction = {"corrects": str(self.corrects_id), "corrected_at": _utc(self.corrected_at)}
        if any(line.has_money for line in lines):
            version = WITH_MONEY
        content: dict[str, object] = correction | {
            "version": version,
            "id": str(self.pk),
            "number": self.number,
            "match": str(self.match_id),
            "resident": str(self.resident_id),
            "collector": str(self.collector_id),
            "paid_thb": _fixed(self.paid_thb, 2),
            "handed_over_at": _utc(self.handed_over_at),
            "link": self.link,
            "previous_hash": self.previous_hash,
            "lines": [line.canonical_content(version) for line in lines],
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


class ReceiptChain(models.Model):
    """The length and last hash of one collector's chain, so that a receipt removed from its end is detected."""

    collector = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, primary_key=True, related_name="+")
    length = models.PositiveIntegerField()
    head_hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.length} receipts of {self.collector_id}"


class ReceiptLine(LineMoney):
    """The weight of one material, with the emission factor in force; `pieces` if it was counted.

    The factor's set and version are stored apart from its source, so that a total never mixes two sets.
    """

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="lines")
    material = models.ForeignKey(Material, models.PROTECT, verbose_name=_("material"), related_name="+")
    gross_kg = models.DecimalField(max_digits=9, decimal_places=3)
    tare_kg = models.DecimalField(max_digits=9, decimal_places=3)
    net_kg = models.DecimalField(max_digits=9, decimal_places=3)
    pieces = models.IntegerField(_("pieces"), null=True)
    kg_co2e_per_kg = models.DecimalField(_("kg co2e per kg"), max_digits=8, decimal_places=4, null=True)
    factor_set = models.CharField(max_length=20, blank=True, db_default="")
    factor_version = models.CharField(max_length=20, blank=True, db_default="")
    factor_source = models.CharField(_("factor source"), max_length=240, blank=True)

    class Meta:
        verbose_name = _("receipt line")
        verbose_name_plural = _("receipt lines")

    def __str__(self) -> str:
        return f"{self.net_kg} kg of {self.material_id}"

    @property
    def kg_co2e_avoided(self) -> Decimal | None:
        """Kilograms of CO2e avoided, exact; None if the material has no factor."""
        return None if self.kg_co2e_per_kg is None else self.net_kg * self.kg_co2e_per_kg

    @property
    def has_money(self) -> bool:
        """Whether the line says a price, an amount or a grade."""
        return self.paid_thb is not None or self.price_thb_per_kg is not None or bool(self.grade)

    def canonical_content(self, version: int) -> dict[str, str | int | None]:
        """The line in the hashed text of `version`."""
        factor = self.kg_co2e_per_kg
        content: dict[str, str | int | None] = {
            "material": self.material.code,
            "gross_kg": _fixed(self.gross_kg, 3),
            "tare_kg": _fixed(self.tare_kg, 3),
            "net_kg": _fixed(self.net_kg, 3),
            "kg_co2e_per_kg": None if factor is None else _fixed(factor, 4),
            "factor_set": self.factor_set,
            "factor_version": self.factor_version,
            "factor_source": self.factor_source,
        }
        if version != KILOGRAMS_ONLY:
            content["pieces"] = self.pieces
        if version == WITH_MONEY:
            content["grade"] = self.grade
            for name, amount in (("paid_thb", self.paid_thb), ("price_thb_per_kg", self.price_thb_per_kg)):
                content[name] = None if amount is None else _fixed(amount, 2)
        return content


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _fixed(number: Decimal, places: int) -> str:
    """The number with all decimal places, and without a sign if it is zero."""
    text = f"{number:.{places}f}"
    return text.removeprefix("-") if Decimal(text) == 0 else text
