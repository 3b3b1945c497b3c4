"""Weigh-ins: check and store the figures of either party, dispute them, and accept the other party's."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from backend.core.text.amounts import format_baht, format_kg, format_number
from geo.errors import MaterialHazardous, MaterialTwice, MaterialUnknown, QuantityTooLarge, UnitMismatch
from geo.handover.services import notices
from geo.handover.services.confirmations import complete_match
from geo.handover_errors import (
    AmountTooLarge,
    MatchOver,
    MoneyDiffers,
    NetNotPositive,
    NotDisputed,
    NotWeighed,
    OnlyTheCollector,
    OnlyTheResident,
    PiecesOrWeightNeeded,
    PriceOrAmount,
    TooManyVersions,
    WeighInChanged,
    WeightUnusual,
)
from geo.lifecycle.locks import lock_active_match_of, lock_match_of
from geo.lifecycle.notices import notify_parties
from geo.lifecycle.transitions import require_step, take_step
from geo.materials.safety import may_take_hazardous
from geo.materials.selectors import materials_by_code
from geo.models import Handover, HandoverState, LeftItem, Match, Material, PickupItem, Step, WeighInLine, WeighInVersion
from geo.pickups.services.posting import GRAM, ItemDraft, check_item

GROSS_KG_MAX = Decimal(5_000)
PAID_THB_MAX = Decimal(1_000_000)
# Versions that one party can give of one weigh-in: all are stored and returned with the match.
VERSIONS_MAX = 50
SATANG = Decimal("0.01")
UNCONFIRMED: dict[str, object] = {"resident_confirmed_at": None, "collector_confirmed_at": None}


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """What was weighed of one material: kilograms to the gram, gross and tare, or the number of pieces.

    The line may say what it is worth, by a price or an amount.
    """

    material: str
    gross_kg: Decimal | None = None
    tare_kg: Decimal = Decimal(0)
    pieces: int | None = None
    grade: str = ""
    price_thb_per_kg: Decimal | None = None
    paid_thb: Decimal | None = None


@dataclass(frozen=True)
class Line:
    """A checked line of a weigh-in."""

    material: Material
    gross_kg: Decimal
    tare_kg: Decimal
    pieces: int | None
    grade: str = ""
    price_thb_per_kg: Decimal | None = None
    paid_thb: Decimal | None = None


@dataclass(frozen=True)
class Figures:
    """One party's complete figures of a weigh-in. `left` holds materials and quantities in the materials' units."""

    lines: list[Line]
    left: list[tuple[Material, Decimal]]
    paid_thb: Decimal
    is_unusual: bool = False

    @property
    def net_kg(self) -> Decimal:
        return sum((line.gross_kg - line.tare_kg for line in self.lines), Decimal(0))


@transaction.atomic
def weigh_in(
    *,
    user_id: uuid.UUID,
    match_id: uuid.UUID,
    lines: Sequence[Weighed],
    paid_thb: Decimal | None = None,
    left: Sequence[ItemDraft] = (),
    is_sure: bool = False,
    now: datetime,
) -> Match:
    """Record the collector's figures: what was weighed, what was paid to the resident, and what is `left`.

    `paid_thb` is negative when the resident paid; without it, it is what the lines are worth together. Replaces an
    earlier weigh-in and clears both confirmations; every version is kept. Figures far from the estimate need `is_sure`,
    and are marked. Raises NotFound, MatchOver, OnlyTheCollector, TooManyVersions, WeightUnusual, MoneyDiffers, or an
    Invalid that names the line.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    if match.collector_id != user_id:
        raise OnlyTheCollector
    figures = check_figures(match, lines, left, paid_thb, is_sure=is_sure)
    stored = {"paid_thb": figures.paid_thb, "weighed_at": now, "is_unusual": figures.is_unusual}
    take_step(handover=match.handover, step=Step.WEIGH_IN, **stored, **UNCONFIRMED)
    _store_figures(match.handover, figures)
    store_version(match.handover, figures, by=user_id, now=now)
    weighed = notices.of_weigh_in(match=match, net_kg=figures.net_kg)
    card = "weigh_in_unusual" if figures.is_unusual else "weigh_in"
    notify_parties(match=match, card=card, notices=weighed, by=user_id, now=now)
    return match


@transaction.atomic
def dispute_weigh_in(
    *,
    user_id: uuid.UUID,
    match_id: uuid.UUID,
    lines: Sequence[Weighed],
    paid_thb: Decimal | None = None,
    note: str = "",
    weighed_at: datetime | None = None,
    is_sure: bool = False,
    now: datetime,
) -> Match:
    """Record the resident's different figures. The collector's figures stay in force and cannot be confirmed.

    The dispute ends when one party accepts the other's figures, or the collector weighs again. `weighed_at`, when
    given, identifies the weigh-in the client saw. Raises NotFound, MatchOver, OnlyTheResident, NotWeighed,
    WeighInChanged, TooManyVersions, WeightUnusual or an Invalid.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    if match.pickup.resident_id != user_id:
        raise OnlyTheResident
    require_step(handover=match.handover, step=Step.DISPUTE)
    if weighed_at not in (None, match.handover.weighed_at):
        raise WeighInChanged
    left = [ItemDraft(material=row["material"], quantity=Decimal(row["quantity"])) for row in _left_by_collector(match)]
    figures = replace(check_figures(match, lines, left, paid_thb, is_sure=is_sure), left=[])
    take_step(handover=match.handover, step=Step.DISPUTE, **UNCONFIRMED)
    store_version(match.handover, figures, by=user_id, note=note, now=now)
    dispute = notices.of_dispute(match=match, net_kg=figures.net_kg, paid_thb=figures.paid_thb)
    notify_parties(match=match, card="dispute", notices=dispute, by=user_id, now=now)
    return match


@transaction.atomic
def accept_figures(*, user_id: uuid.UUID, match_id: uuid.UUID, number: int, now: datetime) -> Match:
    """End a dispute by accepting the other party's latest figures, version `number`, and complete the match.

    Idempotent. Raises NotFound, MatchOver, NotDisputed, NotWeighed or WeighInChanged.
    """
    match = lock_match_of(match_id=match_id, user_id=user_id)
    if match.status == Match.Status.COMPLETED:
        return match
    if match.status != Match.Status.ACTIVE:
        raise MatchOver
    handover = match.handover
    _require_disputed(handover)
    accepted = handover.versions.exclude(by_id=user_id).order_by("-number").first()
    if accepted is None or accepted.number != number:
        raise WeighInChanged
    _store_figures(handover, figures_of(accepted, left=_left_by_collector(match)))
    handover.paid_thb, handover.is_unusual = accepted.paid_thb, accepted.is_unusual
    handover.resident_confirmed_at = handover.collector_confirmed_at = now
    handover.save(update_fields=["paid_thb", "is_unusual", "resident_confirmed_at", "collector_confirmed_at"])
    complete_match(match=match, acting=user_id, now=now)
    return match


def check_figures(
    match: Match, lines: Sequence[Weighed], left: Sequence[ItemDraft], paid_thb: Decimal | None, *, is_sure: bool
) -> Figures:
    """The figures with their materials. Raises MaterialUnknown, MaterialHazardous, MaterialTwice, NetNotPositive,
    UnitMismatch, PiecesOrWeightNeeded, PriceOrAmount, AmountTooLarge or QuantityTooLarge, which name the line,
    MoneyDiffers, or WeightUnusual.
    """
    takes_hazardous = may_take_hazardous(match.collector_id)
    known = materials_by_code([line.material for line in lines] + [item.material for item in left])
    checked = [_check_line(line, known, f"lines.{index}", takes_hazardous) for index, line in enumerate(lines)]
    _require_distinct([line.material for line in checked], "lines")
    remaining = [check_item(item, known, field=f"left.{index}") for index, item in enumerate(left)]
    _require_distinct([item.material for item in remaining], "left")
    figures = Figures(checked, [(item.material, item.quantity) for item in remaining], _sum_of(checked, paid_thb))
    unusual = _find_unusual(match, figures)
    if unusual and not is_sure:
        kg, expected_kg = unusual
        raise WeightUnusual(field="is_sure", kg=format_kg(kg), expected=format_kg(expected_kg))
    return replace(figures, is_unusual=unusual is not None)


def _find_unusual(match: Match, figures: Figures) -> tuple[Decimal, Decimal] | None:
    """The first weight that is far from the estimate, and the estimate: the sum, then each material that was posted.

    What is left is not expected. Too small a sum is normal: a collector takes what there is.
    """
    items = PickupItem.objects.filter(pickup_id=match.pickup_id).values_list("material_id", "kg_estimate")
    expected = dict(items)
    for material, quantity in figures.left:
        expected[material.pk] = max(expected.get(material.pk, Decimal(0)) - quantity * material.kg_per_unit, Decimal(0))
    sum_kg = sum(expected.values(), Decimal(0))
    pairs = [(max(figures.net_kg, sum_kg), sum_kg)]
    for line in figures.lines:
        if line.material.pk in expected:
            pairs.append((line.gross_kg - line.tare_kg, expected[line.material.pk]))
    return next((pair for pair in pairs if _is_far(*pair)), None)


def _is_far(kg: Decimal, expected_kg: Decimal) -> bool:
    less, more = sorted((kg, expected_kg))
    return bool(more - less >= settings.WEIGH_IN_DIFFERENCE_KG and more > settings.WEIGH_IN_FACTOR * less)


def _check_line(line: Weighed, known: Mapping[str, Material], field: str, takes_hazardous: bool) -> Line:
    material = known.get(line.material)
    if material is None:
        raise MaterialUnknown(field=f"{field}.material", material=line.material)
    if material.is_hazardous and not takes_hazardous:
        raise MaterialHazardous(field=f"{field}.material", material=material.name)
    if line.pieces is not None and material.unit != Material.Unit.PIECE:
        raise UnitMismatch(field=f"{field}.pieces", material=material.name, unit=material.unit)
    gross_kg, tare_kg = _weight_of(line, material, field)
    if gross_kg <= tare_kg:
        raise NetNotPositive(field=f"{field}.gross_kg")
    worth_thb = _worth_of(line, gross_kg - tare_kg, material, field)
    return Line(material, gross_kg, tare_kg, line.pieces, line.grade, line.price_thb_per_kg, worth_thb)


def _worth_of(line: Weighed, net_kg: Decimal, material: Material, field: str) -> Decimal | None:
    """Baht to the satang; None if the line does not say what it is worth."""
    if line.price_thb_per_kg is None:
        return line.paid_thb
    if line.paid_thb is not None:
        raise PriceOrAmount(field=f"{field}.paid", material=material.name)
    worth_thb = (net_kg * line.price_thb_per_kg).quantize(SATANG, ROUND_HALF_UP)
    _require_payable(worth_thb, f"{field}.price_thb_per_kg")
    return worth_thb


def _sum_of(lines: Iterable[Line], paid_thb: Decimal | None) -> Decimal:
    """All that was paid. Where lines say what they are worth, it is their sum."""
    worths = [line.paid_thb for line in lines if line.paid_thb is not None]
    total = sum(worths, Decimal(0))
    _require_payable(total, "paid")
    if paid_thb is None:
        return total
    if worths and total != paid_thb:
        raise MoneyDiffers(field="paid", sum=format_baht(total), paid=format_baht(paid_thb))
    return paid_thb


def _require_payable(thb: Decimal, field: str) -> None:
    if abs(thb) > PAID_THB_MAX:
        raise AmountTooLarge(field=field, limit=format_baht(PAID_THB_MAX))


def _weight_of(line: Weighed, material: Material, field: str) -> tuple[Decimal, Decimal]:
    """Gross and tare. A line with pieces and no weight takes the weight of a piece from the catalogue."""
    if line.gross_kg is not None:
        return line.gross_kg, line.tare_kg
    if line.pieces is None:
        raise PiecesOrWeightNeeded(field=f"{field}.gross_kg", material=material.name)
    kg = max(GRAM, (line.pieces * material.kg_per_unit).quantize(GRAM))
    if kg > GROSS_KG_MAX:
        pieces = format_number(settings.PICKUP_PIECES_MAX)
        raise QuantityTooLarge(field=f"{field}.pieces", kg=format_kg(GROSS_KG_MAX), pieces=pieces)
    return kg, Decimal(0)


def _require_distinct(materials: Iterable[Material], name: str) -> None:
    seen: set[str] = set()
    for index, material in enumerate(materials):
        if material.code in seen:
            raise MaterialTwice(field=f"{name}.{index}.material", material=material.name)
        seen.add(material.code)


def _require_disputed(handover: Handover) -> None:
    if handover.weighed_at is None:
        raise NotWeighed
    if handover.state != HandoverState.DISPUTED:
        raise NotDisputed


def figures_of(version: WeighInVersion, *, left: list[dict[str, str]]) -> Figures:
    """The figures of a stored version, with what is `left`."""
    known = materials_by_code([row["material"] for row in version.lines] + [row["material"] for row in left])
    lines = [_line_of(row, known) for row in version.lines]
    remaining = [(known[row["material"]], Decimal(row["quantity"])) for row in left]
    return Figures(lines, remaining, version.paid_thb, version.is_unusual)


def _line_of(row: Mapping[str, Any], known: Mapping[str, Material]) -> Line:
    """A stored line. Those from before lines had money lack three names."""
    return Line(
        known[row["material"]],
        Decimal(row["gross_kg"]),
        Decimal(row["tare_kg"]),
        row["pieces"],
        row.get("grade") or "",
        _decimal_of(row.get("price_thb_per_kg")),
        _decimal_of(row.get("paid")),
    )


def _decimal_of(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _left_by_collector(match: Match) -> list[dict[str, str]]:
    """What the collector left. It comes from the collector's last version, whichever party's weights are accepted."""
    own: WeighInVersion = match.handover.versions.filter(by_id=match.collector_id).latest("number")
    left: list[dict[str, str]] = own.left
    return left


def _store_figures(handover: Handover, figures: Figures) -> None:
    WeighInLine.objects.filter(handover=handover).delete()
    WeighInLine.objects.bulk_create(
        WeighInLine(
            handover=handover,
            material=line.material,
            gross_kg=line.gross_kg,
            tare_kg=line.tare_kg,
            pieces=line.pieces,
            grade=line.grade,
            price_thb_per_kg=line.price_thb_per_kg,
            paid_thb=line.paid_thb,
        )
        for line in figures.lines
    )
    LeftItem.objects.filter(handover=handover).delete()
    LeftItem.objects.bulk_create(
        LeftItem(handover=handover, material=material, quantity=quantity) for material, quantity in figures.left
    )


def store_version(
    handover: Handover, figures: Figures, *, by: uuid.UUID, note: str = "", is_correction: bool = False, now: datetime
) -> WeighInVersion:
    """Add one party's figures to the history of the weigh-in. Raises TooManyVersions."""
    authors = list(handover.versions.values_list("by_id", flat=True))
    if authors.count(by) >= VERSIONS_MAX:
        raise TooManyVersions(limit=VERSIONS_MAX)
    return WeighInVersion.objects.create(
        handover=handover,
        number=len(authors) + 1,
        by_id=by,
        at=now,
        paid_thb=figures.paid_thb,
        net_kg=figures.net_kg,
        lines=[_stored_line(line) for line in figures.lines],
        left=[{"material": material.code, "quantity": str(quantity)} for material, quantity in figures.left],
        is_correction=is_correction,
        is_unusual=figures.is_unusual,
        note=note,
    )


def _stored_line(line: Line) -> dict[str, object]:
    return {
        "material": line.material.code,
        "gross_kg": str(line.gross_kg),
        "tare_kg": str(line.tare_kg),
        "net_kg": str(line.gross_kg - line.tare_kg),
        "pieces": line.pieces,
        "grade": line.grade or None,
        "price_thb_per_kg": None if line.price_thb_per_kg is None else str(line.price_thb_per_kg),
        "paid": None if line.paid_thb is None else str(line.paid_thb),
    }
