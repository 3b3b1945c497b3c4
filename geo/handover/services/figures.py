"""The figures of a weigh-in: checked, stored as those that stand, and kept as versions."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from geo.errors import (
    MaterialHazardous,
    MaterialTwice,
    MaterialUnknown,
    NetNotPositive,
    QuantityTooLarge,
    UnitMismatch,
)
from geo.handover_errors import PiecesOrWeightNeeded, TooManyVersions
from geo.materials.selectors import materials_by_code
from geo.models import Handover, LeftItem, Material, WeighInLine, WeighInVersion
from geo.pickups.services.contents import GRAM, check_item
from geo.pickups.services.drafts import ItemDraft

GROSS_KG_MAX = Decimal(5_000)
# All that one side may say of one weigh-in: every version is kept, and shown with the match.
VERSIONS_MAX = 50


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """What the scale said for one material: kilograms to the gram, with and of the container; or how many pieces."""

    material: str
    gross_kg: Decimal | None = None
    tare_kg: Decimal = Decimal(0)
    pieces: int | None = None


@dataclass(frozen=True)
class Line:
    """A line that the rules have let through."""

    material: Material
    gross_kg: Decimal
    tare_kg: Decimal
    pieces: int | None


@dataclass(frozen=True)
class Figures:
    """All that one side says of a weigh-in. `left` is `{material, quantity}` in the materials' units."""

    lines: list[Line]
    left: list[tuple[Material, Decimal]]
    paid_thb: Decimal

    @property
    def net_kg(self) -> Decimal:
        """Of all lines."""
        return sum((line.gross_kg - line.tare_kg for line in self.lines), Decimal(0))


def check_figures(
    *, lines: Sequence[Weighed], left: Sequence[ItemDraft], paid_thb: Decimal, takes_hazardous: bool
) -> Figures:
    """The figures with their materials. Raises MaterialUnknown, MaterialHazardous, MaterialTwice, NetNotPositive,
    UnitMismatch, PiecesOrWeightNeeded or QuantityTooLarge, naming the line at fault.
    """
    known = materials_by_code([line.material for line in lines] + [item.material for item in left])
    checked = [_check_line(line, known, f"lines.{index}", takes_hazardous) for index, line in enumerate(lines)]
    _require_once([line.material for line in checked], "lines")
    stays = [check_item(item, known, field=f"left.{index}") for index, item in enumerate(left)]
    _require_once([item.material for item in stays], "left")
    return Figures(checked, [(item.material, item.quantity) for item in stays], paid_thb)


def figures_of(version: WeighInVersion, *, left: list[dict[str, str]]) -> Figures:
    """What a version says, as it can be stored again, with what is `left`."""
    known = materials_by_code([row["material"] for row in version.lines] + [row["material"] for row in left])
    lines = [
        Line(known[row["material"]], Decimal(row["gross_kg"]), Decimal(row["tare_kg"]), row["pieces"])
        for row in version.lines
    ]
    stays = [(known[row["material"]], Decimal(row["quantity"])) for row in left]
    return Figures(lines, stays, version.paid_thb)


def store_figures(*, handover: Handover, figures: Figures) -> None:
    """Make these the figures that stand."""
    WeighInLine.objects.filter(handover=handover).delete()
    WeighInLine.objects.bulk_create(
        WeighInLine(
            handover=handover,
            material=line.material,
            gross_kg=line.gross_kg,
            tare_kg=line.tare_kg,
            pieces=line.pieces,
        )
        for line in figures.lines
    )
    LeftItem.objects.filter(handover=handover).delete()
    LeftItem.objects.bulk_create(
        LeftItem(handover=handover, material=material, quantity=quantity) for material, quantity in figures.left
    )


def write_version(
    *, handover: Handover, figures: Figures, by: uuid.UUID, note: str = "", now: datetime
) -> WeighInVersion:
    """Keep what one side said, beside all that was said before. Raises TooManyVersions."""
    said = list(handover.versions.values_list("by_id", flat=True))
    if said.count(by) >= VERSIONS_MAX:
        raise TooManyVersions(limit=VERSIONS_MAX)
    return WeighInVersion.objects.create(
        handover=handover,
        number=len(said) + 1,
        by_id=by,
        at=now,
        paid_thb=figures.paid_thb,
        net_kg=figures.net_kg,
        lines=[_shown(line) for line in figures.lines],
        left=[{"material": material.code, "quantity": str(quantity)} for material, quantity in figures.left],
        note=note,
    )


def _shown(line: Line) -> dict[str, object]:
    return {
        "material": line.material.code,
        "gross_kg": str(line.gross_kg),
        "tare_kg": str(line.tare_kg),
        "net_kg": str(line.gross_kg - line.tare_kg),
        "pieces": line.pieces,
    }


def _check_line(line: Weighed, known: Mapping[str, Material], field: str, takes_hazardous: bool) -> Line:
    material = known.get(line.material)
    if material is None:
        raise MaterialUnknown(field=f"{field}.material", material=line.material[:40])
    if material.is_hazardous and not takes_hazardous:
        raise MaterialHazardous(field=f"{field}.material", material=material.name)
    if line.pieces is not None and material.unit != Material.Unit.PIECE:
        raise UnitMismatch(field=f"{field}.pieces", material=material.name, unit=material.unit)
    gross_kg, tare_kg = _weight_of(line, material, field)
    if gross_kg <= tare_kg:
        raise NetNotPositive(field=f"{field}.gross_kg")
    return Line(material, gross_kg, tare_kg, line.pieces)


def _weight_of(line: Weighed, material: Material, field: str) -> tuple[Decimal, Decimal]:
    """Gross and tare. What was only counted weighs what the catalogue says a piece weighs."""
    if line.gross_kg is not None:
        return line.gross_kg, line.tare_kg
    if line.pieces is None:
        raise PiecesOrWeightNeeded(field=f"{field}.gross_kg", material=material.name)
    kg = max(GRAM, (line.pieces * material.kg_per_unit).quantize(GRAM))
    if kg > GROSS_KG_MAX:
        raise QuantityTooLarge(field=f"{field}.pieces", kg=GROSS_KG_MAX, pieces=settings.PICKUP_PIECES_MAX)
    return kg, Decimal(0)


def _require_once(materials: Iterable[Material], name: str) -> None:
    seen: set[str] = set()
    for index, material in enumerate(materials):
        if material.code in seen:
            raise MaterialTwice(field=f"{name}.{index}.material", material=material.name)
        seen.add(material.code)
