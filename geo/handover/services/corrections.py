"""Correcting receipts: one party proposes other figures, the other agrees, or staff issue it.

Nothing is changed in place. A correcting receipt holds the differences, counts in the month of the handover, and keeps
the emission factors of the receipt that it corrects.
"""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from geo.handover.services import notices
from geo.handover.services.receipts import draw_receipt_number, extend_chain, lock_chain
from geo.handover.services.weigh_ins import Figures, Line, Weighed, check_figures, figures_of, store_version
from geo.handover_errors import CorrectionTooLate, LineMoneyNeeded, NoReceipt, NothingToCorrect, WeighInChanged
from geo.lifecycle.locks import lock_match_of
from geo.lifecycle.notices import notify_parties
from geo.materials.selectors import factors_in_force, materials_by_code
from geo.models import EmissionFactor, Match, Material, Receipt, ReceiptLine, WeighInVersion

ZERO = Decimal(0)
FACTOR = ("kg_co2e_per_kg", "factor_set", "factor_version", "factor_source")


@transaction.atomic
def propose_correction(
    *,
    user_id: uuid.UUID,
    match_id: uuid.UUID,
    lines: Sequence[Weighed],
    paid_thb: Decimal | None = None,
    note: str = "",
    is_sure: bool = False,
    now: datetime,
) -> Match:
    """Propose what the receipt should say. Replaces the user's earlier proposal.

    Raises NotFound, NoReceipt, CorrectionTooLate, NothingToCorrect, TooManyVersions, WeightUnusual or an Invalid that
    names the line.
    """
    match = lock_match_of(match_id=match_id, user_id=user_id)
    first = _first_receipt_of(match)
    if now > first.handed_over_at + timedelta(days=settings.RECEIPT_CORRECTION_DAYS):
        raise CorrectionTooLate(days=settings.RECEIPT_CORRECTION_DAYS)
    figures = check_figures(match, _with_money(first, lines, paid_thb), (), paid_thb, is_sure=is_sure)
    if _is_said_already(first, figures):
        raise NothingToCorrect
    store_version(match.handover, figures, by=user_id, note=note, is_correction=True, now=now)
    proposal = notices.of_correction(match=match, net_kg=figures.net_kg, paid_thb=figures.paid_thb, by=user_id)
    notify_parties(match=match, card="correction", notices=proposal, by=user_id, now=now)
    return match


@transaction.atomic
def accept_correction(*, user_id: uuid.UUID, match_id: uuid.UUID, number: int, now: datetime) -> Match:
    """Agree to the other party's latest proposal, version `number`: a correcting receipt is issued. Idempotent.

    A correcting receipt closes all earlier proposals. Raises NotFound, NoReceipt or WeighInChanged.
    """
    match = lock_match_of(match_id=match_id, user_id=user_id)
    first = _first_receipt_of(match)
    proposed = _proposed_to(user_id, match, number)
    if _is_open(proposed, first):
        _issue(match, first, proposed, acting=user_id, now=now)
    elif not _is_said_already(first, figures_of(proposed, left=[])):
        raise WeighInChanged
    return match


@transaction.atomic
def decline_correction(*, user_id: uuid.UUID, match_id: uuid.UUID, number: int, now: datetime) -> Match:
    """Decline the other party's latest proposal, version `number`; the receipt stays as it is. Idempotent.

    Until a correction is issued, it can still be accepted, and staff can issue it. Raises NotFound, NoReceipt or
    WeighInChanged.
    """
    match = lock_match_of(match_id=match_id, user_id=user_id)
    first = _first_receipt_of(match)
    proposed = _proposed_to(user_id, match, number)
    if not _is_open(proposed, first):
        raise WeighInChanged
    if proposed.declined_at is None:
        proposed.declined_at = now
        proposed.save(update_fields=["declined_at"])
        declined = notices.of_declined_correction(match=match, by=user_id)
        notify_parties(match=match, card="correction_declined", notices=declined, by=user_id, now=now)
    return match


@transaction.atomic
def issue_proposed_correction(*, receipt: Receipt, now: datetime) -> bool:
    """For staff: issue the latest proposal of either party. Returns False where none is open."""
    match = lock_match_of(match_id=receipt.match_id, user_id=receipt.collector_id)
    first = _first_receipt_of(match)
    proposed = match.handover.versions.filter(is_correction=True).order_by("-number").first()
    if proposed is None or not _is_open(proposed, first):
        return False
    _issue(match, first, proposed, acting=None, now=now)
    return True


@transaction.atomic
def correct_by_staff(
    *, receipt: Receipt, staff_id: uuid.UUID, lines: Sequence[Weighed], paid_thb: Decimal, reason: str, now: datetime
) -> Match:
    """Issue a correcting receipt at once, whatever the parties say. Both read the reason in the match's versions.

    Raises NothingToCorrect, TooManyVersions or an Invalid that names the line.
    """
    match = lock_match_of(match_id=receipt.match_id, user_id=receipt.collector_id)
    first = _first_receipt_of(match)
    figures = check_figures(match, _with_money(first, lines, paid_thb), (), paid_thb, is_sure=True)
    if _is_said_already(first, figures):
        raise NothingToCorrect
    version = store_version(match.handover, figures, by=staff_id, note=reason, is_correction=True, now=now)
    _issue(match, first, version, acting=None, now=now)
    return match


def figures_in_force(receipt: Receipt) -> tuple[list[dict[str, Any]], Decimal]:
    """What all receipts of the match say together: `material` (a code), `gross_kg`, `tare_kg`, `pieces` and `paid_thb`;
    and THB.
    """
    codes = dict(Material.objects.values_list("pk", "code"))
    rows = [
        {
            "material": codes[pk],
            "gross_kg": row["gross"],
            "tare_kg": row["tare"],
            "pieces": row["count"],
            "paid_thb": row["paid"],
        }
        for pk, row in _sums_of(receipt.match_id).items()
        if row["gross"] or row["count"]
    ]
    return rows, _paid_so_far(receipt)


def _with_money(receipt: Receipt, lines: Sequence[Weighed], paid_thb: Decimal | None) -> list[Weighed]:
    """The lines, with the amounts in force where a line has the same weight or pieces and does not say its worth.

    Where the receipts have money per line, a correction has it too: otherwise lines and sum would contradict each other
    for good. Raises LineMoneyNeeded.
    """
    rows, _ = figures_in_force(receipt)
    in_force = {row["material"]: row for row in rows if row["paid_thb"] is not None}
    filled = [_fill_money(line, in_force.get(line.material), f"lines.{index}") for index, line in enumerate(lines)]
    if in_force and paid_thb and not any(map(_has_money, filled)):
        raise LineMoneyNeeded(field="lines.0.paid", material=_name_of(lines[0].material))
    return filled


def _fill_money(line: Weighed, before: dict[str, Any] | None, field: str) -> Weighed:
    if before is None or _has_money(line):
        return line
    weight = (line.gross_kg, line.tare_kg) if line.gross_kg is not None else line.pieces
    same = (before["gross_kg"], before["tare_kg"]) if line.gross_kg is not None else before["pieces"]
    if weight != same:
        raise LineMoneyNeeded(field=f"{field}.paid", material=_name_of(line.material))
    return replace(line, paid_thb=before["paid_thb"])


def _has_money(line: Weighed) -> bool:
    return line.price_thb_per_kg is not None or line.paid_thb is not None


def _name_of(code: str) -> str:
    material = materials_by_code([code]).get(code)
    return material.name if material else code


def _first_receipt_of(match: Match) -> Receipt:
    receipt = Receipt.objects.filter(match=match, corrects=None).first()
    if receipt is None:
        raise NoReceipt
    return receipt


def _proposed_to(user_id: uuid.UUID, match: Match, number: int) -> WeighInVersion:
    """The other party's latest proposal. Raises WeighInChanged when it is not version `number`."""
    proposed = match.handover.versions.filter(is_correction=True).exclude(by_id=user_id).order_by("-number").first()
    if proposed is None or proposed.number != number:
        raise WeighInChanged
    return proposed


def _is_open(proposed: WeighInVersion, first: Receipt) -> bool:
    """Whether no correcting receipt was issued since: otherwise an outdated proposal would undo what both agreed to."""
    return not first.corrections.filter(corrected_at__gt=proposed.at).exists()


def _issue(match: Match, first: Receipt, proposed: WeighInVersion, *, acting: uuid.UUID | None, now: datetime) -> None:
    figures = figures_of(proposed, left=[])
    chain = lock_chain(match.collector_id)
    receipt = Receipt(
        number=draw_receipt_number(),
        match=match,
        corrects=first,
        corrected_at=now,
        resident_id=first.resident_id,
        collector_id=first.collector_id,
        paid_thb=figures.paid_thb - _paid_so_far(first),
        handed_over_at=first.handed_over_at,
        month=first.month,
        group_ids=first.group_ids,
        link=chain.length + 1,
        previous_hash=chain.head_hash,
    )
    lines = _differences(receipt, figures)
    receipt.content_hash = receipt.hash_with(lines)
    receipt.save(force_insert=True)
    extend_chain(chain, receipt)
    ReceiptLine.objects.bulk_create(lines)
    issued = notices.of_receipt(match=match, receipt=receipt, net_kg=figures.net_kg, acting=acting)
    notify_parties(match=match, card="receipt", notices=issued, by=None, now=now)


def _is_said_already(first: Receipt, figures: Figures) -> bool:
    return figures.paid_thb == _paid_so_far(first) and not _differences(first, figures)


def _paid_so_far(first: Receipt) -> Decimal:
    """With all corrections."""
    return Receipt.objects.filter(match_id=first.match_id).aggregate(paid=Sum("paid_thb"))["paid"] or ZERO


def _differences(receipt: Receipt, figures: Figures) -> list[ReceiptLine]:
    """Lines that, added to all receipts of the match, make them say the figures. A material keeps its factor."""
    before = _sums_of(receipt.match_id)
    after = {line.material.pk: line for line in figures.lines}
    found = [_difference(receipt, pk, before.get(pk), after.get(pk)) for pk in sorted(before.keys() | after.keys())]
    return [line for line in found if line.gross_kg or line.tare_kg or line.net_kg or line.pieces or line.paid_thb]


def _sums_of(match_id: uuid.UUID) -> dict[int, dict[str, Any]]:
    """All lines of a match added up, by material."""
    lines = ReceiptLine.objects.filter(receipt__match_id=match_id).order_by()
    sums = lines.values("material_id", *FACTOR).annotate(
        gross=Sum("gross_kg"), tare=Sum("tare_kg"), net=Sum("net_kg"), count=Sum("pieces"), paid=Sum("paid_thb")
    )
    return {row["material_id"]: dict(row) for row in sums}


def _difference(receipt: Receipt, material_id: int, before: dict[str, Any] | None, after: Line | None) -> ReceiptLine:
    gross_kg, tare_kg, pieces = (after.gross_kg, after.tare_kg, after.pieces) if after else (ZERO, ZERO, None)
    net_kg = gross_kg - tare_kg
    if before is None:
        factor = _factor_of(factors_in_force().get(material_id))
        before = factor | {"gross": ZERO, "tare": ZERO, "net": ZERO, "count": None, "paid": None}
    paid_thb = after.paid_thb if after else None
    is_worth = paid_thb is not None or before["paid"] is not None
    is_counted = pieces is not None or before["count"] is not None
    return ReceiptLine(
        receipt=receipt,
        material_id=material_id,
        gross_kg=gross_kg - before["gross"],
        tare_kg=tare_kg - before["tare"],
        net_kg=net_kg - before["net"],
        pieces=(pieces or 0) - (before["count"] or 0) if is_counted else None,
        grade=after.grade if after else "",
        price_thb_per_kg=after.price_thb_per_kg if after else None,
        paid_thb=(paid_thb or ZERO) - (before["paid"] or ZERO) if is_worth else None,
        **{name: before[name] for name in FACTOR},
    )


def _factor_of(factor: EmissionFactor | None) -> dict[str, Any]:
    if factor is None:
        return {"kg_co2e_per_kg": None, "factor_set": "", "factor_version": "", "factor_source": ""}
    return {
        "kg_co2e_per_kg": factor.kg_co2e_per_kg,
        "factor_set": factor.factor_set,
        "factor_version": factor.version,
        "factor_source": factor.source,
    }
