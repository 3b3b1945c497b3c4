"""What was recycled and what that saved: sums of receipt lines, exact, never mixing two sets of factors."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Sum

from geo.models import Material, ReceiptLine

NOTHING = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class MaterialSum:
    """Kilograms of one material counted with one factor; `kg_co2e` is None where no factor was in force."""

    material: Material
    kg: Decimal
    kg_co2e: Decimal | None
    kg_co2e_per_kg: Decimal | None
    factor_set: str
    factor_version: str
    factor_source: str


@dataclass(frozen=True, kw_only=True)
class SetSum:
    """All that was counted with one version of one set of factors."""

    factor_set: str
    factor_version: str
    kg: Decimal
    kg_co2e: Decimal


@dataclass(frozen=True)
class Impact:
    """Sums by material and factor, heaviest first."""

    materials: list[MaterialSum]

    @property
    def kg(self) -> Decimal:
        """All kilograms, with or without a factor."""
        return sum((row.kg for row in self.materials), NOTHING)

    @property
    def kg_without_factor(self) -> Decimal:
        """Kilograms whose saving nobody has modelled: shown apart, never counted as nothing saved."""
        return sum((row.kg for row in self.materials if row.kg_co2e is None), NOTHING)

    @property
    def co2e(self) -> list[SetSum]:
        """One total for each version of each set."""
        rows: dict[tuple[str, str], list[MaterialSum]] = defaultdict(list)
        for row in self.materials:
            if row.kg_co2e is not None:
                rows[row.factor_set, row.factor_version].append(row)
        return [_sum_of_set(name, version, rows[name, version]) for name, version in sorted(rows)]


def impact_of(user_id: uuid.UUID) -> Impact:
    """What a person gave and collected, in one query for the sums and one for the names."""
    mine = Q(receipt__resident_id=user_id) | Q(receipt__collector_id=user_id)
    return _summed(ReceiptLine.objects.filter(mine))


def impact_of_city() -> Impact:
    """What all have handed over here."""
    return _summed(ReceiptLine.objects.all())


def _summed(lines: QuerySet[ReceiptLine]) -> Impact:
    rows = list(
        lines.values_list("material_id", "kg_co2e_per_kg", "factor_set", "factor_version", "factor_source")
        .annotate(kg=Sum("net_kg"), kg_co2e=Sum(F("net_kg") * F("kg_co2e_per_kg")))
        .order_by("-kg", "material_id")
    )
    materials = Material.objects.in_bulk({row[0] for row in rows})
    return Impact([_sum_of_material(materials[row[0]], row[1:]) for row in rows])


def _sum_of_material(material: Material, row: Sequence[Any]) -> MaterialSum:
    factor, factor_set, version, source, kg, kg_co2e = row
    return MaterialSum(
        material=material,
        kg=kg,
        kg_co2e=kg_co2e,
        kg_co2e_per_kg=factor,
        factor_set=factor_set,
        factor_version=version,
        factor_source=source,
    )


def _sum_of_set(name: str, version: str, rows: Sequence[MaterialSum]) -> SetSum:
    return SetSum(
        factor_set=name,
        factor_version=version,
        kg=sum((row.kg for row in rows), NOTHING),
        kg_co2e=sum((row.kg_co2e or NOTHING for row in rows), NOTHING),
    )
